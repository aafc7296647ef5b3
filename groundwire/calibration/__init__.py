"""From labelled answers to a probability that means something: `groundwire calibrate`. Needs the extra `eval`.

labels      what `groundwire eval` found true and wrong, with each claim's score and the models behind it
fitting     isotonic and beta calibration
planning    which fits there is enough for
validation  what each fit does to claims of pictures that it has not seen
diagram     that as a picture
document    the file that fusion applies
"""
