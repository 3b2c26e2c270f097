"""Functions are compiled, with a cache where one can be kept."""

from skmirai.utils._compiled import compiled


def double(x):
    return 2 * x


def test_the_machine_code_is_kept():
    function = compiled(double)
    assert function(21) == 42
    assert function.stats.cache_path
    assert sum(function.stats.cache_hits.values()) + sum(
        function.stats.cache_misses.values()
    )


def test_without_a_place_for_a_cache_functions_are_compiled_all_the_same():
    space = {}
    exec("def triple(x): return 3 * x", space)  # of no file
    function = compiled(space["triple"])
    assert function(14) == 42
    assert function.stats.cache_path is None
