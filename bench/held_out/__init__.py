"""Wrong answers by others, each mistake twice and more: those that got a wrong name were looked at."""
