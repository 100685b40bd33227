"""The whole way: a round's folder in, workbooks out. The commands and the tests call this."""
