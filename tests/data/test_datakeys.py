from bench.plan.datakeys import store_key


def test_options_change_the_key_and_their_order_does_not():
    assert store_key("fusar", 64) == store_key("fusar", 64, {}) == "fusar-64px"
    one = store_key("opensarship", 64, {"product": "cal", "polarisation": "vv"})
    assert one == store_key("opensarship", 64, {"polarisation": "vv", "product": "cal"})
    assert one.startswith("opensarship-64px-") and len(one) == len("opensarship-64px-") + 8
    assert one != store_key("opensarship", 64, {"product": "cal"})
