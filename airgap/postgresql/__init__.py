"""The plugin `pulumi-resource-postgresql` for machines that cannot download the official one.

Same resource types, properties, identifiers, defaults and replace decisions as the official plugin, so that a stack
may move from the one to the other without a difference. It refuses what it does not know.

`plugin` is what the engine starts. It serves `provider`, which checks (`check`) and compares (`diff`) by the tables
of the resource types (`role`, `database`, `schema`, `grant`, `grant_role`, `default_privileges`, `extension`), and
lets each type's SQL run in a session (`session`) of its own.
"""
