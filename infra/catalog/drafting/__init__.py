"""Write the next migration from a difference, as far as that is safe; say what is left to its author.

scripts.draft() is the way in. creations.py knows what is new: by relations.py whole tables and views, by additions.py
what an existing table gets, by statements.py all else. alterations.py knows what has changed, advice.py has the words
for all that is not drafted, ordering.py the order in which the statements can run.
"""
