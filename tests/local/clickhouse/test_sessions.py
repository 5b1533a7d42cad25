"""Sessions: state that lasts from request to request, for one request at a time."""

from concurrent.futures import ThreadPoolExecutor

from tests.local.clickhouse.http import Server


def test_a_session_keeps_settings_and_temporary_tables(server: Server) -> None:
    server.do("CREATE TEMPORARY TABLE kept (x UInt8)", session_id="keeps")
    server.do("SET max_threads = 3", session_id="keeps")
    server.do("INSERT INTO kept VALUES (7)", session_id="keeps")
    assert server.do("SELECT x, getSetting('max_threads') FROM kept", session_id="keeps") == "7\t3\n"


def test_no_state_passes_to_another_session_or_to_none(server: Server) -> None:
    server.do("CREATE TEMPORARY TABLE own (x UInt8)", session_id="owner")
    assert server.ask("SELECT * FROM own", session_id="stranger").code == 60
    assert server.ask("SELECT * FROM own").code == 60


def test_what_a_request_without_session_sets_ends_with_it(server: Server) -> None:
    query = "SELECT getSetting('max_block_size')"
    own = server.do(query)
    server.do("SET max_block_size = 77")
    server.do("CREATE TEMPORARY TABLE passing (x UInt8)")
    assert [server.do(query) for _ in range(5)] == [own] * 5
    assert server.ask("SELECT * FROM passing").code == 60


def test_a_session_that_must_exist_and_does_not_is_refused(server: Server) -> None:
    assert server.ask("SELECT 1", session_id="never begun", session_check="1").code == 372


def test_a_session_that_was_closed_is_gone(server: Server) -> None:
    server.do("CREATE TEMPORARY TABLE closed (x UInt8)", session_id="closes")
    server.do("SELECT 1", session_id="closes", close_session="1")
    assert server.ask("SELECT * FROM closed", session_id="closes").code == 60


def test_a_busy_session_refuses_a_second_request(server: Server) -> None:
    find = "SELECT count() FROM system.processes WHERE Settings['log_comment'] = 'busy session'"
    slow = "SELECT sleepEachRow(0.05) FROM numbers(100) FORMAT Null"
    with ThreadPoolExecutor() as pool:
        pool.submit(server.ask, slow, session_id="busy", log_comment="busy session", max_block_size="1")
        while server.do(find) == "0\n":
            pass
        assert server.ask("SELECT 1", session_id="busy").code == 373
        server.do("KILL QUERY WHERE Settings['log_comment'] = 'busy session' SYNC")
    assert server.do("SELECT 1", session_id="busy") == "1\n"
