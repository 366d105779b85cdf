"""Answers of students whom no bank of mistakes has seen: are their mistakes named rightly?"""
