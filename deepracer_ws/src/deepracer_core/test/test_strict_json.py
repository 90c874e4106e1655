"""Strict JSON and typed fields: what is read, what is refused, and with which words."""

from __future__ import annotations

import json

import pytest
from deepracer_core import strict_json
from deepracer_core.errors import JsonError
from deepracer_core.json_fields import Fields
from hypothesis import given
from hypothesis import strategies as st

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def nested(depth):
    return "[" * depth + "]" * depth


class TestLoads:
    @given(values)
    def test_reads_what_json_can_say(self, value):
        text = json.dumps(value)
        assert strict_json.loads(text) == value
        assert strict_json.loads(text.encode()) == value

    def test_skips_a_byte_order_mark(self):
        assert strict_json.loads(b"\xef\xbb\xbf[1]") == [1]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "line 1, column 1: Expecting value"),
            ('{"a": 1,\n "b" 2}', "line 2, column 6: Expecting ':' delimiter"),
            ("[1] [2]", "line 1, column 5: Extra data"),
            ("NaN", "NaN is no JSON number: write a finite number"),
            ("[-Infinity]", "-Infinity is no JSON number: write a finite number"),
            ("1e999", "the number 1e999 is beyond the range of float64"),
            ("9" * 400, f"the number {'9' * 40} is beyond the range of float64"),
            ("9" * 10_000, f"the number {'9' * 40} is beyond the range of float64"),
            ('{"a": 1, "b": 2, "a": 3}', "the key 'a' stands twice in one object: remove one"),
            ('[{"\u00e9": 1, "\u00e9": 1}]', "the key '\\xe9' stands twice in one object"),
            (b'["\xff"]', "byte 2 is not UTF-8: save the file as UTF-8"),
            ('"\ud800"', "byte 1 is not UTF-8"),
            (nested(33), "lists and objects are nested deeper than 32 levels: flatten them"),
            (nested(500_000), "lists and objects are nested deeper than 32 levels: flatten them"),
            ('{"a":' * 200_000, "lists and objects are nested deeper than 32 levels"),
            (" " * (1 << 20) + "1", "1048577 bytes are more than 1048576"),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_refuses(self, text, message):
        with pytest.raises(JsonError) as error:
            strict_json.loads(text)
        assert str(error.value).startswith(message)

    def test_on_the_limits(self):
        assert strict_json.loads(nested(32)) is not None
        assert strict_json.loads(" " * ((1 << 20) - 1) + "1") == 1
        assert strict_json.loads("1" + "0" * 308) == 10**308


class TestFields:
    FIELDS = Fields({"n": 1.5, "i": 2, "t": "x", "l": ["a", "b"], "b": True, "z": None}, "outer")

    def test_reads_by_type(self):
        fields = self.FIELDS
        assert (fields.number("n"), fields.number("i")) == (1.5, 2.0)
        assert (fields.integer("i"), fields.text("t"), fields.texts("l")) == (2, "x", ("a", "b"))
        assert fields.value("z") is None
        assert "z" in fields
        assert "y" not in fields
        assert fields.others({"n", "i", "t", "l"}) == {"b": True, "z": None}

    @pytest.mark.parametrize(
        ("reader", "name", "message"),
        [
            ("number", "t", "outer.t is a string: write a number"),
            ("number", "b", "outer.b is true or false: write a number"),
            ("integer", "n", "outer.n is a fraction: write an integer"),
            ("integer", "b", "outer.b is true or false: write an integer"),
            ("integer", "z", "outer.z is null: write an integer"),
            ("text", "i", "outer.i is an integer: write a string"),
            ("texts", "t", "outer.t is a string: write a list of strings"),
            ("value", "y", "outer.y is missing: add it"),
            ("number", "y", "outer.y is missing: add it"),
        ],
    )
    def test_a_wrong_type_is_named(self, reader, name, message):
        with pytest.raises(JsonError) as error:
            getattr(self.FIELDS, reader)(name)
        assert str(error.value) == message

    def test_a_list_of_other_things_is_no_list_of_strings(self):
        with pytest.raises(JsonError, match="l is a list: write a list of strings"):
            Fields({"l": ["a", 1]}).texts("l")

    def test_an_unknown_field_is_named_with_the_known_ones(self):
        self.FIELDS.allow_only("n", "i", "t", "l", "b", "z")
        with pytest.raises(JsonError) as error:
            self.FIELDS.allow_only("n", "i")
        assert str(error.value) == (
            "'outer.t' is an unknown field: remove it, or correct it to one of n, i"
        )

    @pytest.mark.parametrize(
        ("value", "kind"), [([], "a list"), ("x", "a string"), (None, "null"), (1, "an integer")]
    )
    def test_what_is_no_object_is_refused(self, value, kind):
        with pytest.raises(JsonError) as error:
            Fields(value)
        assert str(error.value) == f"the document is {kind}: write an object {{...}}"
        with pytest.raises(JsonError, match=r"^inner is "):
            Fields(value, "inner")

    def test_the_whole_document_has_no_place(self):
        assert Fields({}).place("a") == "a"
        assert Fields({}, "o").place("a") == "o.a"
