"""Values, queries and sorts that a store could easily mistake for others."""

from __future__ import annotations

from hypothesis import strategies as st

scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, 0.0, -0.0, 1.0, 0.5, 2.0**53, 1e308])
    | st.sampled_from(["", "a", "b", "A", "é", "\U0001f600", "\uffff", "1", "null"])
)
keys = st.sampled_from(["a", "b", "0", "1", "$x", "é", "c.d"])
values = st.recursive(
    scalars
    | st.just({"@lume": "float", "text": "nan"})
    | scalars.filter(lambda x: x is not None).map(lambda x: {"@lume": "numpy", "value": x}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
paths = st.lists(keys.map(lambda key: key.replace(".", r"\.")), min_size=1, max_size=3).map(
    lambda keys: ".".join(["x", *keys][: len(keys)])
)
conditions = st.one_of(
    scalars,
    st.builds(lambda op, x: {op: x}, st.sampled_from(["$eq", "$ne"]), scalars),
    st.builds(
        lambda op, x: {op: x},
        st.sampled_from(["$gt", "$gte", "$lt", "$lte"]),
        scalars.filter(lambda x: x is not None and not isinstance(x, bool)),
    ),
    st.builds(lambda op, x: {op: x}, st.sampled_from(["$in", "$nin"]), st.lists(scalars)),
    st.booleans().map(lambda x: {"$exists": x}),
)
queries = st.recursive(
    st.dictionaries(paths, conditions, max_size=2),
    lambda inner: st.builds(
        lambda op, x: {op: x},
        st.sampled_from(["$and", "$or"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)
sorts = st.lists(st.tuples(paths, st.sampled_from([1, -1])), max_size=2)
