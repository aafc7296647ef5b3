"""Images and regions: pixels admitted, models asked, places answered."""
