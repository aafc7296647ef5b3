"""Classes of words that the grammar names. A new word is a new entry, and nothing else.

A class is a string of words or fixed phrases: lower case, separated by commas.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.llm.core.lexicon import (
    CORNERS,
    DIMENSIONS,
    FIELDS,
    HOW_DIMENSIONS,
    INDEFINITES,
    LOOSE_FIELDS,
    PROPERTIES,
    RELATIONS,
    SUPERLATIVES,
    TERMS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Words whose meaning a table above tells.
        "relation": ",".join(RELATIONS),
        "field_noun": ",".join(FIELDS),
        "loose_field_noun": ",".join(LOOSE_FIELDS),
        "dimension": ",".join(DIMENSIONS),
        "how_dimension": ",".join(HOW_DIMENSIONS),
        "property": ",".join(PROPERTIES),
        "superlative": ",".join(SUPERLATIVES),
        "corner": ",".join(CORNERS),
        "term": ",".join(TERMS),
        "indefinite": ",".join(INDEFINITES),
        # Nouns.
        "text_noun": "lines of text, line of text, text, texts, writing, lettering, reading, readout, anything "
        "written, something written, anything printed, something printed, word, words, letters, caption, inscription, "
        "message, messages, handwriting, phrase, sentence, print",
        "lettering_noun": "number, numbers, digit, digits, name, names, title, headline, slogan, heading, year, code, "
        "motto, quote, letter, url, line, lines, score, house number, bus number, jersey number, shirt number, player "
        "number, route number, room number, door number, train number, street name, plate number, car number, page "
        "number, license plate number, licence plate number, registration number, car registration "
        "number",
        "plate_noun": "license plate, licence plate, number plate, registration plate, license plates, licence plates, "
        "number plates, numberplate, registration plates",
        "literal_noun": "word, words, text, letters, letter, phrase, name, number, string, sentence, lettering, term, "
        "title, message, inscription, expression, characters",
        # Printed keys: whole ones, their last words, last words after another word, and words that are keys only where
        # reading is asked for ("the seat" elsewhere is a thing).
        "key_phrase": "date of birth, date of delivery, date of expiry, country of origin, place of issue, place of "
        "birth, terms of payment, method of payment, mode of payment, number of items, bill to, ship to, sold to",
        "key_head": "tax, vat, gst, sst, subtotal, sub total, sub-total, discount, rounding, net weight, speed limit, "
        "due date, expiry date, expiration date, best before date, delivery date, order date, invoice date, departure "
        "time, arrival time, closing time, opening time, opening hours, business hours, zip code, postcode, website, "
        "web address, email, email address, e-mail, service charge, tax rate, tax amount, gst amount, fax, password, "
        "departure date, arrival date, check-in date, check-out date, birth date, payment date, print date, pick-up "
        "time, boarding time, release date, production date, expiry",
        "key_tail": "number, no, id, code, reference, ref, name, rate, fee",
        "loose_key_head": "voltage, pressure, current, speed, humidity, power, capacity, dosage, opening times, "
        "change, cash, tip, quantity, qty, cashier, fee, balance, weight, volume, temperature, seat, gate, flight, "
        "platform, model, code, ref, reference, deposit, payment method, currency, destination, percentage, surname, "
        "best before, terminal, salesperson, rounding adjustment, id",
        "physical_number": "house number, bus number, jersey number, shirt number, player number, route number, room "
        "number, door number, train number, street name, plate number, car number, page number, number plate, license "
        "plate number, licence plate number, registration number, car registration number",
        "person_key": "cashier, salesperson, customer",
        "way_noun": "street, road, avenue",
        "acronym": "tv, atm, suv, led, cctv, usb, pc, cd, dvd, lcd, bbq, bmw, vw, ufo, rv, ac, id, gps, hdmi, mri",
        "issuer_noun": "company, shop, store, business, restaurant, supermarket, firm, retailer, hotel, cafe, café, "
        "merchant, seller, vendor, supplier, issuer",
        "issuer_own": "company's, shop's, store's, business's, restaurant's, supermarket's, firm's, retailer's, "
        "hotel's, merchant's, seller's, vendor's, supplier's, issuer's, cafe's",
        "maker_noun": "company, brand, manufacturer, maker, firm, make, business",
        "paper_noun": "receipt, invoice, bill, ticket, letter, statement, contract, note, cheque, check, certificate, "
        "form, coupon, voucher, card, newspaper, passport, licence, license, permit, notice, parcel, package, report",
        "deal_noun": "purchase, transaction, sale, payment, order, meal, item, items, goods",
        "carrier_noun": "sign, signs, poster, posters, label, labels, banner, banners, billboard, placard, plaque, "
        "license plate, licence plate, number plate, registration plate, nameplate, name tag, price tag, receipt, "
        "invoice, bill, ticket, menu, whiteboard, blackboard, chalkboard, business card, note, sticker, stickers, "
        "scoreboard, signboard, noticeboard, notice, display, gauge, dial, badge, flyer, leaflet, envelope, letter, "
        "form, newspaper, book cover",
        "generic_noun": "thing, things, object, objects, item, items, animal, animals, person, people, vehicle, "
        "vehicles, food, fruit, creature, creatures, product, products, furniture, man, woman, boy, girl, lady, child, "
        "baby, guy, couple",
        "scene": "surroundings, setting, place, picture, pictures, image, images, photo, photos, photograph, scene, "
        "shot, frame, screenshot, pic, view, snapshot, page, document, scan",
        "compound_whole": "teddy bear, teddy bears, polar bear, polar bears, reading lamp, word processor, hard hat, "
        "hard hats, hot dog, hot dogs, high chair, high heels, high heel, hard drive, hard disk, soft drink, soft "
        "drinks, wet wipes, dry erase board, short sleeves, long sleeves, shut-off valve, level crossing, light "
        "switch, light switches, light bulb, light bulbs, light fixture, light pole",
        "compound_noun": "light, lights, wine glass, wine glasses, water glass, drinking glass, beer glass, town "
        "square, gold medal, orange juice, traffic light, traffic lights, top hat",
        "adjective_noun": "orange, oranges, glass, metal, gold, silver, square, plastic, paper, stone, wood, brick, "
        "concrete, leather, top, middle, centre, center, bottom",
        "doing_noun": "building, buildings, ceiling, ring, rings, king, wing, wings, string, thing, things, painting, "
        "paintings, drawing, drawings, railing, railings, earring, earrings, clothing, crossing, lightning, spring, "
        "swing, swings, icing, evening, morning, pudding, something, anything, everything, nothing",
        # Small words.
        "bears": "that says, which says, that reads, which reads, saying, reading, that say, which say, labelled, "
        "labeled, marked, with the word, with the words, with the text, with the letters, called, with the number",
        "located_at": "located, placed, standing, lying, sitting, hanging, parked, positioned, written, printed, "
        "painted, shown, left, kept, stored, stacked, resting, leaning, mounted, laid, situated, laying, waiting",
        "everything": "everything, it, this, that, all, all of it, out, whatever it says, what it says, all text, all "
        "the text, all the words, all of the text, all words, what you can read, aloud, out loud",
        "determiner": "the whole, the entire, every single, a, an, the, this, that, these, those, my, your, his, her, "
        "its, our, their, any, some, all, all the, all of the, any of the, some of the, one of the, every, each, both, "
        "another, other, the other, a single, a pair of, a lot of, lots of, a few, several, many, a piece of, one",
        "definite": "the whole, the entire, the, this, that, these, those, my, your, his, her, its, our, their, both, "
        "all, every",
        "number_word": "two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, 1, 2, 3, 4, 5, 6, 7, 8, "
        "9, 10, 11, 12",
        "ordinal": "first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, last, 1st, 2nd, 3rd, "
        "4th, 5th, 6th, 7th, 8th, 9th, 10th",
        "from_side": "from the left, from left, from the right, from right, from the top, from top, from the bottom, "
        "from bottom, from the front, from the back",
        "pronoun": "it, this, that, they, them, these, those, he, she, him, this one, that one, me, i, you, we, us",
        "copula": "is, are, was, were",
        "auxiliary": "does, do, did, is, are, was, were, can, could, has, have, will, would",
        "observer": "you, we, i, one",
        "wh_word": "what, which, where, who, whom, whose, when, why, how",
        "preposition": "of, to, from, at, for, with, without, about, than, as, between, during, until, against, like, "
        "up, down, out, off, onto, through, via, per",
        "conjunction": "and, or, but, if, whether, because, than, while, not, no, nor, also, too, yet, so",
        # Verbs and what goes with them.
        "sensing": "see, spot, find, detect, make out, recognise, recognize, notice, identify, read, discern",
        "writing": "written, printed, spelled, spelt, spelled out, painted, inscribed, engraved, stamped, embossed, "
        "carved, lettered, typed, stated, embroidered, written down, readable, legible, to be read, to read, said",
        "showing": "displayed, shown, visible, marked, indicated, listed, mentioned, given, seen, found, used, "
        "specified, present, showing, included, named",
        "saying": "say, says, saying, said, read, reads, reading, spell, spells, state, states",
        "bear_verb": "show, shows, display, displays, bear, bears, have, has, contain, contains, include, includes, "
        "carry, carries, feature, features, depict, depicts, list, lists, mention, mentions, state, states, give, "
        "gives",
        "making": "made, makes, make, manufactured, manufactures, produced, produces, built, builds",
        "dealing": "issued, bought, purchased, sold, printed, billed, paid, made, dated, created, taken, sent, signed, "
        "issue, happen, take place, ordered",
        "seeming": "look to be, looks to be, seem to be, seems to be, appear to be, appears to be, look, looks, seem, "
        "seems, appear, appears",
        "leaving": "leave, put, park, drop, lose, look for, hang, keep, get, buy",
        "appearing": "appear, appears, occur, occurs, show up, come up, visible, seen, be seen, be found, shown, "
        "there, present, displayed, exist, exists",
        "repeating": "repeated, written, printed, mentioned, used, be read, spelled out",
        "reader": "read, read out, read aloud, read me, read to me, transcribe, ocr, extract, spell out, type out, "
        "copy, write down",
        "teller": "tell me, give me, let me know, read, read out, read me, extract, get, get me, return, what "
        "about, how about, and, state, report, tell us, give us",
        "pointer": "find, find me, help me find, help me locate, i am looking for, i am searching for, i can not find, "
        "i need to find, i want to find, i have lost, have you seen, draw a box around, draw a rectangle around, draw "
        "a circle around, draw a bounding box around, put a box around, indicate, pinpoint, circle, frame, look out "
        "for, search the picture for, search the image for, direct me to, take me to, guide me to, bring me to, "
        "locate, point to, point at, point out, point me to, show, show me, highlight, mark, look for, search for, "
        "spot, detect, box, outline",
        "describer": "describe, caption, summarise, summarize, tell me about, tell me something about, explain, walk "
        "me through, talk me through, take me through, comment on, depict, portray, give me a description of, give a "
        "description of, what can you tell me about",
        # Openers and endings.
        "ask": "can you tell me, could you tell me, can you please tell me, could you please tell me, would you tell "
        "me, please tell me, tell me, let me know, i want to know, i would like to know, i need to know, do you know, "
        "can you say, i wonder, i am wondering, can you, could you, would you, will you, can you please, could you "
        "please, would you please, i would like you to, i want you to, i need you to, check, can you check, could you "
        "check, find out, i need, i want, may i know, may i ask, question, help me, my question is, tell "
        "us, can you show me, could you show me, do you happen to know, any idea",
        "courtesy": "please, kindly, hello, hi, hey, excuse me, sorry, thanks, thank you, thank you very much, many "
        "thanks, thanks a lot, thanks in advance, thank you in advance, ok, okay, so, well, now, sir, madam, "
        "assistant, good morning, good evening, good afternoon, cheers, exactly, actually, just, if you can, if "
        "possible, right now, currently, hi there, hello there, then, again, for me, or not, at all, by any chance, "
        "quickly",
        "whereabouts": "here, there, in here, in view, in sight, anywhere, somewhere, on here, in it, over there, in "
        "there, in front of you, in front of us, in front of me",
        "filler": "including tax, including gst, including vat, incl tax, with tax, located, placed, situated, "
        "positioned, visible, present, found, seen, depicted, pictured, available, shown, displayed, in total, "
        "altogether, overall, to be seen, to see, that can be seen, can be seen, can you see, do you see, can we see, "
        "do we see, can i see, you can see, we can see, i can see, you see, we see, that you can see, that you see, "
        "that are, that is, which are, which is, are there, is there, there are, there is, were there, was there, are, "
        "is, was, were, appear, appears, exist, exists, can you find, can you count, can you spot, do you count, can "
        "you read, contained",
        "how_many": "how many, how many different, count, count up, count how many, count the number of, number of, "
        "the number of, what is the number of, what is the count of, what is the total number of, total number of, "
        "count all",
        "how_often": "how many times, how often, how frequently, count how often, count how many times, the number of "
        "times, how many occurrences of, count the occurrences of, count all occurrences of, number of occurrences of, "
        "how many instances of, count the instances of",
        "adverb": "still, already, properly, correctly, fully, completely, entirely, totally, really, quite, partly, "
        "partially, mostly, securely, safely, firmly, neatly, badly, tightly, slightly, very, very much, currently, "
        "right now, now, at the moment, at present, yet, any more, anymore, too, also, even, together",
        "viewpoint": "to the camera, to the viewer, to the photographer, to us, to me, to you, from the camera, from "
        "the viewer, from us, from me, from you, in size",
        "manner": "in detail, in a few words, in one sentence, in a sentence, in two sentences, in words, briefly, in "
        "short, shortly, for me, to me, for a blind person, in general, in your own words",
        "bound": "more than, at least, at most, exactly, only, fewer than, less than",
        "existing": "is there, are there, was there, were there, is not there, are not there, there is, there are, "
        "there was, there were, do we have, is there any sign of, are there any signs of, does there exist",
        "comparative": "bigger, smaller, larger, taller, shorter, longer, wider, narrower, higher, lower, older, "
        "younger, newer, heavier, lighter, darker, brighter, closer, nearer, further, farther, further away, farther "
        "away, thicker, thinner, cheaper, more expensive, faster, slower, cleaner, dirtier, more colourful, more "
        "colorful, further to the left, further to the right, further left, further right, higher up, lower down",
        "quantity": "more, fewer, less, as many",
        "difference": "what is the difference between, what are the differences between, what differs between, what is "
        "different between, compare, how does",
        "total_question": "how much is it in total, how much is it altogether, how much is it all together, how much "
        "in total, how much is the bill, how much was the bill, how much is the total bill, how much was paid, how "
        "much is due, how much is owed, how much was spent, how much is to be paid, how much has to be paid, how much "
        "must be paid, how much to pay, how much do i owe, how much do we owe, how much do i have to pay, how much do "
        "we have to pay, how much did i pay, how much did we pay, how much did they pay, how much did the customer "
        "pay, how much did it come to, how much does it come to, what does it come to, what did it come to, how much "
        "was it in total, how much does it cost in total, how much did it cost in total, how much does everything "
        "cost, how much did everything cost, how much is everything, how much was everything, how much was spent in "
        "total, how much was paid in total, how much was the purchase, how much is the receipt, how much is the "
        "receipt for, how much is the invoice, how much is the invoice for, how much should i pay, how much must i "
        "pay, how much was charged, how much money was spent, how much money is due, what do i have to pay, what do i "
        "owe, what was paid, how much it is in total, how much is this in total, how much was the meal, what is to be "
        "paid",
        "way_question": "how did they pay, how did i pay, how did we pay, how did you pay, how did he pay, how did she "
        "pay, how did the customer pay, how did the buyer pay, how was it paid, how was this paid, how was it paid "
        "for, how was this paid for, how was the bill paid, how was the total paid, how was the receipt paid, how was "
        "payment made, how was the payment made, how were they paid, in what way was it paid, paid how",
        "hours_question": "what time, at what time, until when, till when, until what time, till what time, from when, "
        "how late, how long, at what hour, what hours",
        "when_question": "when, what day, which day, on what date, on which date, on what day, on which day",
        "phone_question": "what number can i call, which number can i call, what number should i call, which number "
        "should i call, how can i call them, what number do i call, which number do i call, how can i reach them by "
        "phone, what number can i ring, which number can i ring, what number do i ring, which number do i ring",
        "seller_question": "where was this bought, where was it bought, where were these bought, where was this "
        "purchased, where was it purchased, who is the seller, who is the merchant, who is the vendor, who is the "
        "issuer, who is the supplier, who sold this, where did i buy this, where did they buy this, where were the "
        "goods bought, where was the purchase made, who is this from, where is this from",
        "view_question": "what do you see, what can you see, what can be seen, what can i see, what do we see, what "
        "can we see, what do i see, what is happening, what is going on, what is shown, what is depicted, what is "
        "pictured, what is displayed, what is visible, what is present, what is it, what is this, what is that, what "
        "are these, what are those, what are they, what is this about, what is it about, what does it show, what does "
        "this show, what am i looking at, what are we looking at, tell me what you see, what you see, what is the "
        "subject, what is there to see, what do you notice, what can you tell me",
        "view_of": "what is this a picture of, what is this a photo of, what is this an image of, what is it a picture "
        "of, what is it a photo of, what is this picture of, what is this image of, what is this photo of, what is "
        "this picture about, what is this image about, what is this photo about",
        "placed_question": "what is, what are, what is there, what are there, what can you see, what do you see, what "
        "lies, what stands, what is located, what is placed, what do we see, what is happening, what is going on, what "
        "is displayed, what is standing, what is lying, what is sitting, what is hanging, what can be seen, what is "
        "visible, what is shown",
        "whereabouts_question": "where, whereabouts, where exactly, where about, in which part of the picture, in "
        "which part of the image, in what part of the image, in what part of the picture, at which place, in which "
        "corner, on which side, at what position, in which position, at which position",
        "position_noun": "location, position, place, coordinates, bounding box, locations, positions, bounding boxes, "
        "exact location, exact position, whereabouts",
        # Words that end a noun although nothing above says so.
        "verbal_noun": "display, displays, list, bear, bears, feature, print, mark, post",
        "pictorial_noun": "painting, drawing, mural, statue, sculpture, map, cartoon, mirror, tapestry, sketch, "
        "illustration, graph, chart, diagram",
        "idiom": "on fire, in use, out of order, in place, out of place, in bloom, on sale, in motion, under "
        "construction, up and running, at rest, in progress, in operation",
        "state_noun": "state, condition, status",
        "summary_noun": "summary, overview, description, account, outline, caption, idea, impression, breakdown",
        "unit": "mm, cm, m, km, ml, cl, l, litre, liter, inch, foot, metre, meter, kg, g, gram, mg, oz, lb, volt, v, "
        "watt, w, amp, kw, gb, mb, tb, euro, dollar, cent, pound, percent, degree, year-old",
        "compound_start": "first aid, wet floor, wet paint, dead end, one way, no entry, no smoking, no parking, give "
        "way, high voltage, hot air, hot water, cold water, fast food",
        "done_noun": "bed, sled, shed, moped, seabed, flatbed, seed, weed, feed, reed, speed, steed, red, ted, need",
        "verb": "including, excluding, incl, excl, wearing, holding, called, named, tell, look, looks, see, count, "
        "describe, compare, going, had, ignore, must, should, might, may, been, being, went, be, got, let, want, need, "
        "know, doing, answer, pretend, forget, write, translate, mean, means, cost, costs, please, thanks, labelled, "
        "labeled, same, different, am, give, get, hold, holds, wear, wears, weigh, weighs, live, lives, nobody, none, "
        "overlap, overlaps",
    }
)
"""Classes by the name that the grammar gives them."""

FUNCTION_CLASSES: Final = (
    "determiner",
    "number_word",
    "ordinal",
    "pronoun",
    "copula",
    "auxiliary",
    "preposition",
    "wh_word",
    "conjunction",
    "verb",
    "relation",
    "comparative",
    "writing",
    "showing",
    "saying",
    "appearing",
    "repeating",
    "property",
    "bear_verb",
    "whereabouts",
    "making",
    "dealing",
    "adverb",
    "term",
)
"""Classes whose words are never part of a noun."""
