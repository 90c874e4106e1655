"""Episodes are drawn from their seeds alone, within the bounds of their level; so are palettes."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from deepracer_core.errors import ConfigError, SimulationError
from deepracer_sim.engine import Conditions, nominal_conditions
from deepracer_sim.image_effects import MAX_BLUR
from deepracer_sim.latency import MAX_LATENCY
from deepracer_sim.palettes import Palette, PaletteSpread, draw_palettes
from deepracer_sim.randomisation import LEVELS, Level, draw_settings, find_level
from picture_samples import LUMA, TRACK

QUANTITIES = [
    entry.name for entry in fields(Level) if entry.name not in ("palettes", "spread")
]  # fmt: skip


def values(settings):
    """Every array of the settings by name."""
    arrays = {}
    for entry in fields(settings):
        value = getattr(settings, entry.name)
        if isinstance(value, np.ndarray):
            arrays[entry.name] = value
        else:
            arrays |= {part.name: getattr(value, part.name) for part in fields(value)}
    return arrays


def test_none_is_the_world_as_it_is_defined():
    settings = draw_settings(LEVELS["none"], range(5))
    nominal = nominal_conditions(5)
    for entry in fields(Conditions):
        np.testing.assert_array_equal(
            getattr(settings.conditions, entry.name), getattr(nominal, entry.name)
        )
    still = ("brightness", "noise", "blur", "latency", "drop_rate", "lateral_offset")
    for name in (*still, "heading_offset"):
        assert not values(settings)[name].any(), name
    assert (settings.effects.contrast == 1.0).all()


@pytest.mark.parametrize("name", ["mild", "strong"])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_quantity_is_uniform_within_its_bounds(name, quantity):
    low, high = getattr(LEVELS[name], quantity)
    drawn = values(draw_settings(LEVELS[name], range(400)))[quantity]
    assert drawn.shape == (400,)
    assert drawn.min() >= low
    assert drawn.max() <= high
    if high > low:
        share = np.sort((drawn - low) / (high - low))
        assert np.abs(share - (np.arange(400) + 0.5) / 400).max() < 0.085  # Kolmogorov, 99.4 %


def test_quantities_are_independent():
    drawn = values(draw_settings(LEVELS["strong"], range(1000)))
    table = np.array([drawn[name] for name in QUANTITIES])
    correlation = np.corrcoef(table) - np.eye(len(table))
    assert np.abs(correlation).max() < 0.15


def test_mild_always_contains_one_frame_of_latency_and_strong_at_least_one():
    assert (draw_settings(LEVELS["mild"], range(50)).latency == 1.0).all()
    assert (draw_settings(LEVELS["strong"], range(200)).latency >= 1.0).all()


@pytest.mark.parametrize("name", LEVELS)
def test_an_episode_depends_on_its_seed_and_not_on_the_batch(name):
    seeds = [0, 1, 77, 2**64 - 1, 77]
    together = values(draw_settings(LEVELS[name], seeds))
    for row, seed in enumerate(seeds):
        alone = values(draw_settings(LEVELS[name], [seed]))
        for key, array in together.items():
            assert array[row] == alone[key][0], key
    assert len(set(together["seeds"])) == 4
    assert (together["seeds"] != together["delay_seeds"]).all()


def test_draws_are_the_same_today_as_tomorrow():
    """A change here makes all recorded seeds worthless: say so in the change log."""
    settings = draw_settings(LEVELS["strong"], [12345])
    assert settings.conditions.friction[0] == pytest.approx(0.8366034876326253, abs=1e-12)
    assert settings.heading_offset[0] == pytest.approx(-0.2832692944123387, abs=1e-12)
    assert int(settings.effects.seeds[0]) == 9499068679719717109


def test_all_palettes_of_a_level_are_drawn_equally_often():
    drawn = draw_settings(LEVELS["strong"], range(800)).conditions.palette
    count = np.bincount(drawn, minlength=LEVELS["strong"].palettes)
    assert len(count) == LEVELS["strong"].palettes
    assert count.min() > 65


def test_no_cars_are_no_problem():
    assert draw_settings(LEVELS["mild"], []).latency.shape == (0,)


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
def test_levels_stay_within_what_the_effects_can_do(level):
    assert 0.0 <= level.blur[0] <= level.blur[1] <= MAX_BLUR
    assert 0.0 <= level.latency[0] <= level.latency[1] <= MAX_LATENCY
    assert 0.0 <= level.drop_rate[0] <= level.drop_rate[1] < 1.0


def test_an_unknown_level_is_refused():
    assert find_level("mild") is LEVELS["mild"]
    with pytest.raises(SimulationError, match="choose one of none, mild, strong"):
        find_level("wild")


def test_the_first_palette_is_the_tracks_own_and_more_do_not_change_the_others():
    spread = PaletteSpread((0.5, 1.5), 40.0)
    many = draw_palettes(TRACK, 6, spread)
    assert many[0] == Palette.of(TRACK.colours)
    assert list(draw_palettes(TRACK, 3, spread)) == list(many[:3])
    assert len(set(many)) == 6
    assert draw_palettes(TRACK, 2, spread, seed=1)[1] != many[1]


def test_colours_spread_as_far_as_they_should():
    own = Palette.of(TRACK.colours)
    drawn = draw_palettes(TRACK, 300, PaletteSpread((0.8, 1.2), 20.0))[1:]
    for part in ("field", "wall", "road", "line", "dash", "background"):
        base = np.array(getattr(own, part))
        colours = np.array([getattr(palette, part) for palette in drawn])
        assert (colours >= np.floor(0.8 * base - 20).clip(0)).all()
        assert (colours <= np.ceil(1.2 * base + 20).clip(max=255)).all()
        inside = (base > 30) & (base < 190)
        spread = np.sqrt((0.4 * base) ** 2 / 12 + 40**2 / 12)
        np.testing.assert_allclose(colours.std(axis=0)[inside], spread[inside], rtol=0.15)


def test_no_spread_is_no_change():
    palettes = draw_palettes(TRACK, 4, PaletteSpread())
    assert set(palettes) == {Palette.of(TRACK.colours)}


@pytest.mark.parametrize("name", ["mild", "strong"])
def test_lines_stand_out_from_the_road_in_every_palette(name):
    for palette in LEVELS[name].colour_sets(TRACK):
        assert LUMA @ palette.line - LUMA @ palette.road > 30


def test_replacing_a_bound_changes_nothing_else():
    level = LEVELS["strong"]
    fixed = draw_settings(replace(level, friction=(1.0, 1.0)), range(3))
    np.testing.assert_array_equal(fixed.conditions.friction, 1.0)
    np.testing.assert_array_equal(fixed.latency, draw_settings(level, range(3)).latency)


def test_what_is_fixed_is_not_drawn_and_changes_nothing_else():
    fixed = [(("friction", 0.5), ("latency", 2.0)), (), (("brightness", -7.0),)]
    drawn, plain = (values(draw_settings(LEVELS["mild"], range(3), f)) for f in (fixed, None))
    changed = {("friction", 0): 0.5, ("latency", 0): 2.0, ("brightness", 2): -7.0}
    for name, column in drawn.items():
        for row in range(3):
            assert column[row] == changed.get((name, row), plain[name][row])


@pytest.mark.parametrize("pair", [("colour", 1.0), ("palettes", 1.0), ("friction", math.nan)])
def test_settings_that_do_not_exist_are_refused(pair):
    with pytest.raises(ConfigError, match=pair[0]):
        draw_settings(LEVELS["none"], [0], [[pair]])
