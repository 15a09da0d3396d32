"""What a warehouse does with goods: labels them, says what happens to them, and shows who held them."""
