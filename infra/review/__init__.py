"""What a pull request does to a stack's database: its scripts rehearsed on a throw-away server, and the report on it.

Nothing in here knows Pulumi's program, and nothing writes to a stack. The way of a review:

stacks (what the stack is, asked of Pulumi) and past (its history: of the server, else of Pulumi's state) say where the
database stands. rehearsal builds it as it stands (base, roles), fills what will be touched (rows) and runs what is
pending, watching (watch). All that was seen is a value (facts), of which verdict makes findings, and report what people
and programs read.

What others use: review.review(), or `python -m infra.review`.
"""
