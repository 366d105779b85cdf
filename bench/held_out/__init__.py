"""Wrong answers by others that are measured only: nobody has looked at which of them get no name."""
