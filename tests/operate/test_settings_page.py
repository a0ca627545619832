from operate.settings import PAGE, page


def test_the_settings_page_says_what_is_declared() -> None:
    assert PAGE.read_text() == page(), "run `make settings`"


def test_every_setting_has_a_row_and_bounds_where_it_has_them() -> None:
    text = page()
    assert "| `send_rate` | 1.0 | 0.1 to 10,000 | local 500, prod 14 |" in text
    assert "| `engine` | valkey | valkey, redis, memcached |" in text
    assert "| `sessions` | empty |  | prod its own |" in text
