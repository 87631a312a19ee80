# SPDX-License-Identifier: Apache-2.0
"""Random typed SQL expressions, each as text for sitrep and as text for PostgreSQL.

The two differ where the types do (docs/decisions/0003-types.md): a literal 1.5 is numeric in
PostgreSQL, its functions take integers where sitrep's take bigints, and its intervals count days
apart from hours, so they are justified after each step. What PostgreSQL refuses to compute is null
in sitrep, there and then: COALESCE(1 / 0, 5) is 5. So every operation is a function of its own in
PostgreSQL that turns an error into null."""

import typing

TYPES = ("boolean", "bigint", "double precision", "text", "timestamp", "interval")
BOOLEAN, BIGINT, DOUBLE, TEXT, TIMESTAMP, INTERVAL = TYPES
# Arguments that are no type: a literal from a list, or a text that may be cast. The latter comes from
# columns only: a constant that cannot be cast is an error of the job file.
SMALL, FACTOR, PATTERN, ASCII_PATTERN, LEAF, PLAIN = (
    "small", "factor", "pattern", "ascii pattern", "leaf", "plain")
BASE_TYPES = {SMALL: BIGINT, FACTOR: DOUBLE, PATTERN: TEXT, ASCII_PATTERN: TEXT, LEAF: TEXT,
              PLAIN: TEXT}

COLUMNS = {BOOLEAN: ("b",), BIGINT: ("i", "j"), DOUBLE: ("d", "e"), TEXT: ("t", "u"),
           TIMESTAMP: ("ts",), INTERVAL: ("w::interval",), PLAIN: ("u",), LEAF: ("x", "w")}
LITERALS = {
    BOOLEAN: ("true", "false", "NULL::boolean"),
    BIGINT: ("0", "1", "2", "7", "10", "(-3)", "100", "9223372036854775807", "NULL::bigint"),
    DOUBLE: ("0.0", "0.5", "1.5", "(-2.25)", "1e3", "1e300", "1e-300", "2.675",
             "'NaN'::double precision", "'Infinity'::double precision", "NULL::double precision"),
    TEXT: ("''", "'a'", "'abc'", "'é'", "' b '", "'x,y'", "'10'", "NULL::text"),
    TIMESTAMP: ("timestamp '2026-01-31 23:59:59.5'", "timestamp '2000-02-29 00:00:00'",
                "timestamp '1969-12-31 23:59:59.999999'", "NULL::timestamp"),
    INTERVAL: ("interval '1 day'", "interval '90 minutes'", "interval '-00:00:00.25'",
               "interval '0 seconds'", "interval '2 days -3 hours'", "NULL::interval"),
    SMALL: ("-3", "-1", "0", "1", "2", "3", "5", "12"),
    FACTOR: ("0.5", "2.0", "(-1.5)", "4.0", "0.0", "'NaN'::double precision"),
    PATTERN: ("'%'", "'a%'", "'%b'", "'_'", "'%é%'", "'__%'", r"'\%%'", r"'100\%'", r"'a\'", "''",
              "'%,%'"),
    ASCII_PATTERN: ("'A%'", "'%B%'", "'_a%'", "'%C'", "''"),
    PLAIN: ("'hello world'", "'O''NEILL'", "'x1 y-2'"),
}
FIELDS = ("microseconds", "milliseconds", "second", "minute", "hour", "day", "month", "quarter",
          "year", "decade", "century", "millennium", "epoch")
TIME_FIELDS = (*FIELDS, "week", "dow", "isodow", "doy", "isoyear", "julian")
UNITS = ("microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month",
         "quarter", "year", "decade", "century", "millennium")


class Operation(typing.NamedTuple):
    result: str
    arguments: tuple
    sitrep: str
    postgres: str


class Expression(typing.NamedTuple):
    type: str
    sitrep: str
    postgres: str


def _justified(of, postgres):
    return f"justify_hours({postgres})" if of == INTERVAL else postgres


def _operations():
    table = []

    def add(result, arguments, sitrep, postgres=None):
        postgres = postgres or sitrep
        table.append(Operation(result, arguments, sitrep, _justified(result, postgres)))

    for of in TYPES:
        for symbol in ("=", "<>", "<", "<=", ">", ">="):
            add(BOOLEAN, (of, of), f"({{0}} {symbol} {{1}})")
        add(BOOLEAN, (of, of), "({0} IS DISTINCT FROM {1})")
        add(BOOLEAN, (of, of), "({0} IS NOT DISTINCT FROM {1})")
        add(BOOLEAN, (of,), "({0} IS NULL)")
        add(BOOLEAN, (of,), "({0} IS NOT NULL)")
        for between in ("BETWEEN", "NOT BETWEEN", "BETWEEN SYMMETRIC"):
            add(BOOLEAN, (of, of, of), f"({{0}} {between} {{1}} AND {{2}})")
        add(BOOLEAN, (of, of, of), "({0} IN ({1}, {2}))")
        add(BOOLEAN, (of, of, of), "({0} NOT IN ({1}, {2}))")
        add(of, (BOOLEAN, of, of), "CASE WHEN {0} THEN {1} ELSE {2} END")
        add(of, (BOOLEAN, of, BOOLEAN, of), "CASE WHEN {0} THEN {1} WHEN {2} THEN {3} END")
        add(of, (BIGINT, BIGINT, of, of), "CASE {0} WHEN {1} THEN {2} ELSE {3} END")
        add(of, (of, of), "COALESCE({0}, {1})")
        add(of, (of, of), "NULLIF({0}, {1})")
        add(of, (of, of), "GREATEST({0}, {1})")
        add(of, (of, of, of), "LEAST({0}, {1}, {2})")
        if of != TEXT:
            add(TEXT, (of,), "{0}::text")
            # PostgreSQL has infinite timestamps, sitrep has not.
            add(of, (LEAF,), f"{{0}}::{of}", "NULLIF(NULLIF({0}::timestamp, 'infinity'), '-infinity')"
                if of == TIMESTAMP else None)

    for symbol in ("AND", "OR"):
        add(BOOLEAN, (BOOLEAN, BOOLEAN), f"({{0}} {symbol} {{1}})")
    add(BOOLEAN, (BOOLEAN,), "(NOT {0})")
    for test in ("TRUE", "FALSE", "UNKNOWN"):
        add(BOOLEAN, (BOOLEAN,), f"({{0}} IS {test})")
        add(BOOLEAN, (BOOLEAN,), f"({{0}} IS NOT {test})")
    for like in ("LIKE", "NOT LIKE"):
        add(BOOLEAN, (TEXT, PATTERN), f"({{0}} {like} {{1}})")
    add(BOOLEAN, (TEXT, TEXT), "({0} LIKE {1})")
    add(BOOLEAN, (TEXT, ASCII_PATTERN), "({0} ILIKE {1})")
    add(BOOLEAN, (TEXT, TEXT), "starts_with({0}, {1})")
    add(BOOLEAN, (BIGINT,), "{0}::boolean", "({0} <> 0)")

    for symbol in "+-*/%":
        add(BIGINT, (BIGINT, BIGINT), f"({{0}} {symbol} {{1}})")
    for symbol in "+-*/":
        add(DOUBLE, (DOUBLE, DOUBLE), f"({{0}} {symbol} {{1}})")
        add(DOUBLE, (DOUBLE, BIGINT), f"({{0}} {symbol} {{1}})")
    for of in (BIGINT, DOUBLE, INTERVAL):
        add(of, (of,), "(- {0})")
    add(BIGINT, (BIGINT,), "abs({0})")
    add(BIGINT, (BIGINT,), "sign({0})", "sign({0}::double precision)::bigint")
    add(BIGINT, (BIGINT, BIGINT), "mod({0}, {1})")
    add(BIGINT, (BIGINT, BIGINT), "div({0}, {1})", "div({0}::numeric, {1}::numeric)::bigint")
    add(BIGINT, (DOUBLE,), "{0}::bigint")
    add(BIGINT, (BOOLEAN,), "{0}::bigint", "{0}::int::bigint")
    add(DOUBLE, (BIGINT,), "{0}::double precision")
    for name in ("abs", "sign", "ceil", "floor", "trunc", "round", "sqrt", "cbrt", "exp", "ln",
                 "log", "log10", "degrees", "radians", "sin", "cos", "tan", "cot", "asin", "acos",
                 "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"):
        add(DOUBLE, (DOUBLE,), f"{name}({{0}})")
    add(DOUBLE, (DOUBLE, DOUBLE), "power({0}, {1})")
    add(DOUBLE, (DOUBLE, DOUBLE), "({0} ^ {1})")
    add(DOUBLE, (DOUBLE, DOUBLE), "atan2({0}, {1})")
    add(DOUBLE, (DOUBLE, SMALL), "round({0}, {1})",
        "round({0}::numeric, {1}::int)::double precision")

    for name in ("length", "octet_length", "bit_length", "ascii"):
        add(BIGINT, (TEXT,), f"{name}({{0}})")
    add(BIGINT, (TEXT, TEXT), "strpos({0}, {1})")
    add(BIGINT, (TEXT, TEXT), "position({0} IN {1})")
    for name in ("lower", "upper", "reverse", "btrim", "ltrim", "rtrim"):
        add(TEXT, (TEXT,), f"{name}({{0}})")
    add(TEXT, (PLAIN,), "initcap({0})")
    for name in ("btrim", "ltrim", "rtrim"):
        add(TEXT, (TEXT, TEXT), f"{name}({{0}}, {{1}})")
    for of in TYPES:
        add(TEXT, (TEXT, of), "({0} || {1})")
        add(TEXT, (of, TEXT), "concat({0}, {1})")
    add(TEXT, (TEXT, TEXT, TEXT), "concat_ws({0}, {1}, {2})")
    add(TEXT, (TEXT, TEXT, TEXT), "replace({0}, {1}, {2})")
    for name in ("left", "right", "repeat", "substr"):
        add(TEXT, (TEXT, SMALL), f"{name}({{0}}, {{1}})", f"{name}({{0}}, {{1}}::int)")
    add(TEXT, (TEXT, SMALL, SMALL), "substring({0} FROM {1} FOR {2})",
        "substring({0} FROM {1}::int FOR {2}::int)")
    for name in ("lpad", "rpad"):
        add(TEXT, (TEXT, SMALL), f"{name}({{0}}, {{1}})", f"{name}({{0}}, {{1}}::int)")
        add(TEXT, (TEXT, SMALL, TEXT), f"{name}({{0}}, {{1}}, {{2}})",
            f"{name}({{0}}, {{1}}::int, {{2}})")
    add(TEXT, (TEXT, TEXT, SMALL), "split_part({0}, {1}, {2})", "split_part({0}, {1}, {2}::int)")

    for field in TIME_FIELDS:
        add(DOUBLE, (TIMESTAMP,), f"extract({field} FROM {{0}})",
            f"extract({field} FROM {{0}})::double precision")
    for field in FIELDS:
        add(DOUBLE, (INTERVAL,), f"date_part('{field}', {{0}})")
    for unit in UNITS:
        add(TIMESTAMP, (TIMESTAMP,), f"date_trunc('{unit}', {{0}})")
        add(INTERVAL, (INTERVAL,), f"date_trunc('{unit}', {{0}})")
    add(TIMESTAMP, (TIMESTAMP, INTERVAL), "({0} + {1})")
    add(TIMESTAMP, (INTERVAL, TIMESTAMP), "({0} + {1})")
    add(TIMESTAMP, (TIMESTAMP, INTERVAL), "({0} - {1})")
    add(TIMESTAMP, (INTERVAL, TIMESTAMP, TIMESTAMP), "date_bin({0}, {1}, {2})")
    add(INTERVAL, (TIMESTAMP, TIMESTAMP), "({0} - {1})")
    add(INTERVAL, (INTERVAL, INTERVAL), "({0} + {1})")
    add(INTERVAL, (INTERVAL, INTERVAL), "({0} - {1})")
    add(INTERVAL, (INTERVAL, FACTOR), "({0} * {1})")
    add(INTERVAL, (FACTOR, INTERVAL), "({0} * {1})")
    add(INTERVAL, (INTERVAL, FACTOR), "({0} / {1})")
    return table


class Generator:
    """Expressions from `chance`, and the functions that PostgreSQL must have for them."""

    def __init__(self, chance):
        self._chance = chance
        self._functions = {}
        self._by_type = {of: [] for of in TYPES}
        for operation in _operations():
            self._by_type[operation.result].append(operation)

    def definitions(self):
        return "\n".join(self._functions.values())

    def make(self, of, depth):
        if depth == 0 or of in BASE_TYPES or self._chance.random() < 0.1:
            return self._leaf(of)
        operation = self._chance.choice(self._by_type[of])
        parts = [self.make(argument, depth - 1) for argument in operation.arguments]
        sitrep = operation.sitrep.format(*(f"({part.sitrep})" for part in parts))
        call = ", ".join(part.postgres for part in parts)
        return Expression(of, sitrep, f"{self._function(operation)}({call})")

    def null_on_error(self, result, argument, body):
        """Name of a function of one argument, which `body` calls {0}."""
        return self._function(Operation(result, (argument,), body, body))

    def _leaf(self, of):
        base = BASE_TYPES.get(of, of)
        literal = self._chance.random() < 0.25
        if of in COLUMNS and (not literal or of not in LITERALS):
            text = self._chance.choice(COLUMNS[of])
            return Expression(base, text, _justified(base, text))
        text = self._chance.choice(LITERALS[of])
        return Expression(base, text, _justified(base, f"({text})::{base}"))

    def _function(self, operation):
        if operation not in self._functions:
            name = f"operation_{len(self._functions)}"
            types = [BASE_TYPES.get(argument, argument) for argument in operation.arguments]
            body = operation.postgres.format(*(f"(${n + 1})" for n in range(len(types))))
            self._functions[operation] = (
                f"CREATE FUNCTION {name}({', '.join(types)}) RETURNS {operation.result} AS $$ "
                f"BEGIN RETURN {body}; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$ "
                "LANGUAGE plpgsql;")
        return self._functions[operation].split("(")[0].removeprefix("CREATE FUNCTION ")
