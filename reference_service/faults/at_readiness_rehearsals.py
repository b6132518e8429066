"""Faults in recovery: backups, restores, versions and the alias that do not do what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.local import tampering
from reference_service.local.protection import Resources

Making = Callable[[Any], Any]


def _resources(spoil: Callable[[Resources], None]) -> Wrapper:
    """Something else in AWS than it should be."""
    return lambda composition: msgspec.structs.replace(composition, resources=spoil)


def _restoring(spoil: Callable[[Any], None], operation: str) -> Wrapper:
    """What `spoil` does to each table that is restored."""

    def make(inner: Any) -> Any:
        def restored(self: Any, *args: Any, **given: Any) -> Any:
            answer = inner(self, *args, **given)
            spoil(self.dynamodb_backend.get_table(self.body["TargetTableName"]))
            return answer

        return restored

    def install(_: Resources) -> None:
        from moto.dynamodb.responses import DynamoHandler

        tampering.replace(DynamoHandler, operation, make)

    return _resources(install)


_FROM_BACKUP = "restore_table_from_backup"
_TO_MOMENT = "restore_table_to_point_in_time"


def _lose_an_item(table: Any) -> None:
    del table.items[next(iter(table.items))]


def _spoil_an_item(table: Any) -> None:
    from moto.dynamodb.models.dynamo_type import DynamoType

    item = next(reversed(table.items.values()))
    item.attrs["name"] = DynamoType({"S": "Spoilt by the restore"})


def _add_an_item(table: Any) -> None:
    from moto.dynamodb.models.dynamo_type import DynamoType, Item

    key = DynamoType({"S": "nobody-made-this"})
    table.items[key] = Item(key, None, {table.hash_key_attr: {"S": "nobody-made-this"}})


def _drop_an_index(table: Any) -> None:
    table.global_indexes = table.global_indexes[:-1]


def _forget_the_encryption(table: Any) -> None:
    table.sse_specification = None


def _stay_creating(table: Any) -> None:
    active = table.describe

    def described(base_key: str = "TableDescription") -> Any:
        told = active(base_key)
        told[base_key]["TableStatus"] = "CREATING"
        return told

    table.describe = described


def _never_available(_: Resources) -> None:
    from moto.dynamodb.models.table import Backup

    def make(inner: Any) -> Any:
        def details(self: Any) -> Any:
            return {**inner.fget(self), "BackupStatus": "CREATING"}

        return property(details)

    tampering.replace_property(Backup, "details", make)


def _restore_the_table_as_it_is(_: Resources) -> None:
    """A restore to any moment gives what the table holds now."""
    from moto.dynamodb.responses import DynamoHandler

    def make(inner: Any) -> Any:
        def restored(self: Any) -> Any:
            self.body.pop("RestoreDateTime", None)
            return inner(self)

        return restored

    tampering.replace(DynamoHandler, _TO_MOMENT, make)


def _restored_tables_stay(_: Resources) -> None:
    from moto.dynamodb.models import DynamoDBBackend

    def make(inner: Any) -> Any:
        def delete(self: Any, name: str) -> Any:
            table = self.get_table(name)
            return table if "rehearsal" in name else inner(self, name)

        return delete

    tampering.replace(DynamoDBBackend, "delete_table", make)


def _versions_off(resources: Resources) -> None:
    resources.client("s3").put_bucket_versioning(
        Bucket=resources.bucket, VersioningConfiguration={"Status": "Suspended"}
    )


def _copies_the_latest(_: Resources) -> None:
    """A copy of a version takes the bytes of the latest one."""
    from moto.s3.models import S3Backend

    def make(inner: Any) -> Any:
        def copy(self: Any, src_key: Any, *args: Any, **given: Any) -> Any:
            latest = self.get_object(src_key.bucket_name, src_key.name)
            return inner(self, latest, *args, **given)

        return copy

    tampering.replace(S3Backend, "copy_object", make)


def _markers_take_all(_: Resources) -> None:
    """Taking a delete marker away takes the object's versions as well."""
    from moto.s3.models import S3Backend

    def make(inner: Any) -> Any:
        def delete(self: Any, bucket: str, key: str, version_id: Any = None, **given: Any) -> Any:
            answer = inner(self, bucket, key, version_id=version_id, **given)
            if version_id is not None and not key.endswith("/"):
                for one in list(self.buckets[bucket].keys.getlist(key, [])):
                    inner(self, bucket, key, version_id=one.version_id)
            return answer

        return delete

    tampering.replace(S3Backend, "delete_object", make)


def _alias_without_effect(_: Resources) -> None:
    """Whatever the alias says, the version that was deployed last answers."""
    from reference_service.local.versions import Versions

    tampering.replace(Versions, "executed", lambda _: lambda self: self.latest())


def _sticky_health(_: Resources) -> None:
    """The gateway asks the version that was deployed last, whatever executes elsewhere."""
    from reference_service.local.versions import Versions

    def make(inner: Any) -> Any:
        def said_by(self: Any, number: str, *, direct: bool) -> Any:
            return inner(self, number if direct else self.latest(), direct=direct)

        return said_by

    tampering.replace(Versions, "said_by", make)


def _weight_stays(_: Resources) -> None:
    """An alias that is switched back keeps an entry for the version that it was switched to."""
    from moto.awslambda.models import LambdaAlias

    def make(inner: Any) -> Any:
        def update(self: Any, description: Any, function_version: Any, _: Any) -> None:
            weights = {"AdditionalVersionWeights": {self.function_version: 0.0}}
            inner(self, description, function_version, weights)

        return update

    tampering.replace(LambdaAlias, "update", make)


_backup = faults("resources", "readiness.rehearse_restore_from_backup")
_moment = faults("resources", "readiness.rehearse_restore_to_a_point_in_time")
_image = faults("resources", "readiness.rehearse_image_version_restore")
_alias = faults("resources", "readiness.rehearse_alias_rollback")

FAULTS: tuple[Fault, ...] = (
    _backup(
        "restore-loses-an-item",
        "the restore brings back every item",
        "A table restored from a backup lacks an item.",
        _restoring(_lose_an_item, _FROM_BACKUP),
    ),
    _backup(
        "restore-spoils-an-item",
        "each restored item is what it was",
        "A table restored from a backup has an item with another name.",
        _restoring(_spoil_an_item, _FROM_BACKUP),
    ),
    _backup(
        "restore-adds-an-item",
        "the restore brings back nothing else",
        "A table restored from a backup has an item that nobody made.",
        _restoring(_add_an_item, _FROM_BACKUP),
    ),
    _backup(
        "restore-drops-an-index",
        "the restored table has the keys, indexes and encryption of its source",
        "A table restored from a backup lacks its last index.",
        _restoring(_drop_an_index, _FROM_BACKUP),
    ),
    _backup(
        "restore-never-active",
        "the restored table becomes active",
        "A table restored from a backup stays CREATING.",
        _restoring(_stay_creating, _FROM_BACKUP),
    ),
    _backup(
        "backup-never-available",
        "a backup becomes available",
        "A backup stays CREATING.",
        _resources(_never_available),
    ),
    _backup(
        "rehearsal-leaves-its-table",
        "the rehearsal leaves nothing behind",
        "The table that a rehearsal restored cannot be deleted.",
        _resources(_restored_tables_stay),
    ),
    _moment(
        "restore-to-now",
        "the restore brings back every item",
        "A restore to a point in time brings back what the table holds now.",
        _resources(_restore_the_table_as_it_is),
    ),
    _moment(
        "restore-without-encryption",
        "the restored table has the keys, indexes and encryption of its source",
        "A table restored to a point in time has lost its encryption.",
        _restoring(_forget_the_encryption, _TO_MOMENT),
    ),
    _image(
        "bucket-forgets-versions",
        "the bucket keeps what was overwritten",
        "Versioning of the images bucket is suspended: what is overwritten is gone.",
        _resources(_versions_off),
    ),
    _image(
        "version-restore-takes-the-latest",
        "the restored version is what it was, byte for byte",
        "A copy of an earlier version takes the bytes of the latest.",
        _resources(_copies_the_latest),
    ),
    _image(
        "marker-takes-versions",
        "what was deleted comes back",
        "Taking a delete marker away takes the object's versions as well.",
        _resources(_markers_take_all),
    ),
    _alias(
        "alias-without-effect",
        "the version rolled back to is what executes",
        "The alias can be switched, and the version that was deployed last executes all the same.",
        _resources(_alias_without_effect),
    ),
    _alias(
        "api-past-the-alias",
        "health reports the version that the alias leads to",
        "The API does not ask the version behind the alias, but the one that was deployed last.",
        _resources(_sticky_health),
    ),
    _alias(
        "alias-keeps-a-weight",
        "the alias is as it was before the rehearsal",
        "An alias that was switched back keeps a weight, of nothing, for the other version.",
        _resources(_weight_stays),
    ),
)
