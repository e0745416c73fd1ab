"""GrantRole on a real server."""

from __future__ import annotations

import pytest

from airgap.errors import PluginError
from tests.airgap.conftest import Names, Place

MEMBER = "grantRole:GrantRole"


def test_a_membership_comes_and_goes(place: Place, app: str, names: Names) -> None:
    group = names("group")
    place.sql("CREATE ROLE {}", group)
    inputs = {"role": app, "grantRole": group}
    member = place.engine.create(MEMBER, "m", **inputs)
    assert member.id == f"{app}_{group}_false"
    assert place.engine.kinds(member, **inputs) == {}
    place.sql("GRANT {} TO {} WITH ADMIN OPTION", group, app)
    assert place.engine.kinds(place.refreshed(member), **inputs) == {"withAdminOption": "UPDATE_REPLACE"}
    assert place.engine.diff(place.refreshed(member), **inputs).delete_before_replace is True
    place.engine.delete(member)
    assert place.engine.refresh(member) is None
    place.engine.delete(member)
    with_admin = place.engine.create(MEMBER, "m", **inputs, withAdminOption=True)
    assert with_admin.id == f"{app}_{group}_true"
    assert place.value(f"SELECT pg_has_role('{app}', '{group}', 'MEMBER WITH ADMIN OPTION')")


def test_what_cannot_be_imported_says_so(place: Place) -> None:
    for label in ("Grant", "GrantRole", "DefaultPrivileges"):
        kind = f"{label[0].lower()}{label[1:]}:{label}"
        with pytest.raises(PluginError, match=f"a {label} cannot be imported"):
            place.engine.imported(kind, "x", "x")
