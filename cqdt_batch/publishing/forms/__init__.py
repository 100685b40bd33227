"""The forms that units fill in, and those that go back to them."""
