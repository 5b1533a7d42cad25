"""The engine's configuration, written anew into the data directory at each start.

The engine's own access rights close most of what would leave the data directory: no role holds a right on a
source (`file()`, `url()`, `s3()`, `remote()`, ...) but disks, on dictionaries, which may read any source, or
on named collections. The one disk that BACKUP and RESTORE may name is `backups`. Constraints hold the
settings that name files or other languages.

The last 256 MiB of the disk stay free: on a disk without one free byte the engine was seen to damage parts
of rows that it had acknowledged before; short of that it refuses the INSERT and keeps all it has.

Parts are compressed by size: LZ4 for what an INSERT writes, which the next merge reads again, ZSTD for what
merges make. Parts of usage events are LZ4 by their table's own setting (migration 036).
"""

from pathlib import Path
from xml.sax.saxutils import escape

CONFIG_FILE = "config.xml"

_CONFIG = """\
<clickhouse>
  <logger><level>none</level><console>0</console></logger>
  <users_config>users.xml</users_config>
  <max_server_memory_usage>4294967296</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <index_mark_cache_size>16777216</index_mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <primary_index_cache_size>33554432</primary_index_cache_size>
  <query_condition_cache_size>8388608</query_condition_cache_size>
  <mmap_cache_size>0</mmap_cache_size>
  <compiled_expression_cache_size>8388608</compiled_expression_cache_size>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>2</background_schedule_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <remote_url_allow_hosts/>
  <storage_configuration><disks>
    <default><keep_free_space_bytes>268435456</keep_free_space_bytes></default>
    <backups><type>local</type><path>{backups}/</path></backups>
  </disks></storage_configuration>
  <backups><allowed_disk>backups</allowed_disk></backups>
  <compression>
    <case>
      <min_part_size>16777216</min_part_size>
      <min_part_size_ratio>0</min_part_size_ratio>
      <method>zstd</method>
    </case>
  </compression>
</clickhouse>
"""

_USERS = """\
<clickhouse>
  <profiles>
    <default>
      <format_schema_source>string</format_schema_source>
      <allow_python_table_function>0</allow_python_table_function>
      <constraints>
        {constraints}
      </constraints>
    </default>
  </profiles>
  <users>
    <default>
      <password/>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <grants>
        <query>GRANT owner</query>
        <query>GRANT reader</query>
      </grants>
    </default>
  </users>
  <roles>
    <owner>
      <grants>
        <query>GRANT SHOW, SELECT, INSERT, ALTER, CREATE, DROP, UNDROP TABLE, TRUNCATE, OPTIMIZE, CHECK,
          KILL QUERY, SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM MOVES, SYSTEM FLUSH, SYSTEM VIEWS,
          SYSTEM DROP CACHE, dictGet, BACKUP ON *.*</query>
        <query>GRANT READ, WRITE ON DISK</query>
        <query>GRANT SET DEFINER ON default</query>
        <query>REVOKE CREATE DICTIONARY ON *.*</query>
      </grants>
    </owner>
    <reader>
      <grants><query>GRANT SHOW, SELECT ON *.*</query></grants>
    </reader>
  </roles>
  <quotas><default/></quotas>
</clickhouse>
"""

FIXED_SETTINGS = (
    "allow_experimental_eval_table_function",  # runs a string as SQL
    "allow_python_table_function",  # reads variables of this process
    "dialect",  # another language would not be understood by the refusals
    "format_avro_schema_registry_url",
    "format_schema_source",  # 'file' reads any file
    "format_template_resultset",
    "format_template_row",
    "input_format_record_errors_file_path",
    "merge_tree_disk",
    "merge_tree_storage_policy",
    "merge_tree_table_disk",
)
"""Settings that no client can change, whatever value the profile gives them."""


def write(directory: Path, backups: Path) -> None:
    """Write `config.xml` and `users.xml` into `directory`, from which the engine must then be opened.

    The working directory must be `directory` as well: the engine would silently load a `config.xml` it finds
    there, and `users.xml` is named relative to it.
    """
    constraints = "\n        ".join(f"<{name}><const/></{name}>" for name in FIXED_SETTINGS)
    backups.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / CONFIG_FILE).write_text(_CONFIG.format(backups=escape(str(backups.absolute()))))
    (directory / "users.xml").write_text(_USERS.format(constraints=constraints))
