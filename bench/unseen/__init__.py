"""Wrong answers by others, to better naming by: each that gets no name, or a wrong one, is looked at."""
