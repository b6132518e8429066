"""Recovery, rehearsed: what brings back data, images and the version before, done for once.

Only with --rehearse, and never where the environment file forbids writing.
"""

import pytest

from fixtures.rehearsals.alias_switch import AliasSwitch
from fixtures.rehearsals.image_versions import ImageVersions
from fixtures.rehearsals.tables import TableRecovery

pytestmark = [pytest.mark.needs("aws", "writes"), pytest.mark.on_request("rehearse")]


@pytest.mark.plan("PROD-READY-06", "PROD-DATA-06", "ROLLBACK-OPTION-04")
@pytest.mark.severity("blocker")
def test_rehearse_restore_from_backup(table_recovery: TableRecovery) -> None:
    """GIVEN a backup of the products table, and products spoilt after it.

    WHEN it is restored to a new table.
    THEN keys, indexes, encryption and every item are what they were at the backup.
    """
    own = table_recovery.own_products()
    items = table_recovery.items(own)
    before = table_recovery.scanned(table_recovery.source)
    with table_recovery.backed_up() as backup:
        after = table_recovery.scanned(table_recovery.source)
        own.spoil()
        with table_recovery.restored(
            "backup", "restore_table_from_backup", BackupArn=backup
        ) as restored:
            table_recovery.must_be_alike(restored, before, after, items)


@pytest.mark.plan("PROD-READY-06", "PROD-DATA-06", "ROLLBACK-OPTION-04")
@pytest.mark.severity("blocker")
def test_rehearse_restore_to_a_point_in_time(table_recovery: TableRecovery) -> None:
    """GIVEN a moment at which the products table was right, and products spoilt after it.

    WHEN the table is restored to that moment, beside itself.
    THEN keys, indexes, encryption and every item are what they were then.
    """
    own = table_recovery.own_products()
    items = table_recovery.items(own)
    before = table_recovery.scanned(table_recovery.source)
    moment = table_recovery.latest_moment(table_recovery.moment_after(own))
    after = table_recovery.scanned(table_recovery.source)
    own.spoil()
    with table_recovery.restored(
        "moment",
        "restore_table_to_point_in_time",
        SourceTableName=table_recovery.source,
        RestoreDateTime=moment,
    ) as restored:
        table_recovery.must_be_alike(restored, before, after, items)


@pytest.mark.plan("PROD-READY-06", "ROLLBACK-OPTION-05")
@pytest.mark.severity("blocker")
def test_rehearse_image_version_restore(image_versions: ImageVersions) -> None:
    """GIVEN an object in the images bucket that was overwritten, and then deleted.

    WHEN its earlier version is copied over it, and the delete marker is taken away.
    THEN it is what it was, byte for byte.
    """
    image_versions.rehearse()


@pytest.mark.plan("PROD-READY-06", "ROLLBACK-OPTION-01")
@pytest.mark.severity("blocker")
def test_rehearse_alias_rollback(alias_switch: AliasSwitch) -> None:
    """GIVEN the alias that serves traffic, and the version published before the one it leads to.

    WHEN the alias is switched to that version, and back.
    THEN each time that version executes, health reports its build, and the alias ends as it began.
    """
    alias_switch.rehearse()
