"""The prototypes: near people move apart, the L2 penalty holds them, absent people are zero."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vectors import unit
from training.classifier.prototypes import fit_prototypes
from training.not_finite import NotFinite

TEMPERATURE = 0.05


def cloud(centres, each: int = 6, spread: float = 0.08, seed: int = 0):
    """Unit vectors around each centre, and whose they are."""
    rng = np.random.default_rng(seed)
    centres = unit(centres)
    owners = np.arange(len(centres)).repeat(each)
    points = centres[owners] + rng.normal(0, spread, (len(owners), centres.shape[1]))
    return unit(points), owners


NEAR = cloud([[1, 0.2, 0, 0], [1, -0.2, 0, 0], [0, 0, 1, 0]])


def fit(embeddings, owners, train=None, prototype_l2=3.0, **options) -> np.ndarray:
    train = np.ones((1, len(owners)), bool) if train is None else np.asarray(train)
    seen = np.stack([embeddings] * len(train))
    return fit_prototypes(
        seen, owners, train, temperature=TEMPERATURE, prototype_l2=prototype_l2, **options
    )


def means(embeddings, owners, keep=slice(None)) -> np.ndarray:
    embeddings, owners = embeddings[keep], owners[keep]
    return unit([embeddings[owners == k].mean(0) for k in np.unique(owners)])


def loss(prototypes, embeddings, owners, prototype_l2) -> float:
    """What is minimised, by the words of the docstring."""
    logits = embeddings @ unit(prototypes).T / TEMPERATURE
    logits -= logits.max(1, keepdims=True)
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    people = range(len(prototypes))
    entropy = -np.mean([logs[owners == k, k].mean() for k in people])
    hold = (
        prototype_l2 / (2 * len(prototypes)) * ((prototypes - means(embeddings, owners)) ** 2).sum()
    )
    return entropy + hold


@pytest.fixture(scope="module")
def fitted() -> dict[float, np.ndarray]:
    """Prototypes of everybody and of everybody but the second person, by prototype_l2."""
    embeddings, owners = NEAR
    train = [np.ones(18, bool), owners != 1]
    return {
        prototype_l2: fit(embeddings, owners, train, prototype_l2=prototype_l2)
        for prototype_l2 in (0.3, 3.0, 30.0)
    }


def test_people_who_look_alike_move_apart(fitted):
    embeddings, owners = NEAR
    start, apart = means(embeddings, owners), fitted[0.3][0]
    assert apart.dtype == np.float32 and apart.shape == (3, 4)
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), 1, rtol=0, atol=1e-5)
    assert apart[0] @ apart[1] < start[0] @ start[1] - 0.02
    assert loss(apart, embeddings, owners, 0) < loss(start, embeddings, owners, 0)


def test_the_result_is_where_the_loss_is_least(fitted):
    embeddings, owners = NEAR
    least = loss(fitted[3.0][0], embeddings, owners, 3.0)
    assert least < loss(means(embeddings, owners), embeddings, owners, 3.0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        other = unit(fitted[3.0][0] + rng.normal(0, 0.05, (3, 4)))
        # (The loss normalises the prototypes, which leave the sphere by a little.)
        assert loss(other, embeddings, owners, 3.0) > least - 1e-3


def test_a_strong_pull_leaves_the_means_and_a_weak_one_does_not(fitted):
    start = means(*NEAR)
    away = [np.abs(fitted[prototype_l2][0] - start).max() for prototype_l2 in (0.3, 3.0, 30.0)]
    assert away[0] > 2 * away[1] > 4 * away[2]
    assert away[2] < 0.05


def test_a_person_with_many_photos_weighs_no_more(few_steps):
    embeddings, owners = cloud([[1, 0.3, 0], [1, -0.3, 0]], each=1, spread=0)
    embeddings = np.concatenate([embeddings, embeddings[[0] * 9]])
    owners = np.concatenate([owners, np.zeros(9, int)])
    train = [np.ones(11, bool), np.arange(11) < 2]
    many, one = fit(embeddings, owners, train)
    np.testing.assert_allclose(many, one, rtol=0, atol=1e-4)
    assert np.abs(one - means(embeddings, owners)).max() > 0.01


def test_every_fold_is_fitted_as_if_alone(few_steps):
    embeddings, owners = NEAR
    some = np.random.default_rng(2).random(18) < 0.6
    assert set(owners[some]) == {0, 1, 2} and not some.all()
    together = fit(embeddings, owners, [np.ones(18, bool), some])
    alone = fit(embeddings[some], owners[some])
    np.testing.assert_allclose(together[1], alone[0], rtol=0, atol=1e-4)
    assert np.abs(together[0] - together[1]).max() > 0.01


def test_who_is_absent_is_zero_and_moves_nobody(fitted):
    everybody, without = fitted[0.3]
    assert (without[1] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(without[[0, 2]], axis=1), 1, rtol=0, atol=1e-5)
    mean = means(*NEAR)[0]
    assert without[0] @ mean > everybody[0] @ mean  # nobody near to keep away from


def test_one_person_is_the_mean():
    embeddings, _ = NEAR
    owners = np.zeros(len(embeddings), int)
    keep = np.arange(18) % 2 == 0
    fitted = fit(embeddings, owners, [np.ones(18, bool), keep])
    np.testing.assert_allclose(fitted[0], means(embeddings, owners), rtol=0, atol=1e-6)
    np.testing.assert_allclose(fitted[1], means(embeddings, owners, keep), rtol=0, atol=1e-6)


def test_the_order_of_the_photos_does_not_matter(few_steps):
    embeddings, owners = NEAR
    order = np.random.default_rng(1).permutation(len(owners))
    one, other = fit(embeddings, owners), fit(embeddings[order], owners[order])
    np.testing.assert_allclose(other, one, rtol=0, atol=1e-4)


def test_numbers_that_are_none_are_refused():
    embeddings, owners = NEAR[0].copy(), NEAR[1]
    embeddings[0] = np.nan
    epochs = []
    with pytest.raises(NotFinite, match="no finite number"):
        fit(embeddings, owners, on_epoch=lambda *row: epochs.append(row))
    assert epochs == []


def test_whoever_watches_sees_the_loss_fall_and_the_prototypes_of_every_epoch():
    embeddings, owners = NEAR
    rows = []
    (found,) = fit(embeddings, owners, on_epoch=lambda *row: rows.append(row))
    assert [epoch for epoch, _, _ in rows] == list(range(1, 11))
    losses = [loss for _, loss, _ in rows]
    # When it has converged, the mean of an epoch's losses still moves by the rounding of float32.
    assert losses == pytest.approx(sorted(losses, reverse=True), abs=1e-7)
    # At the end the loss hardly moves any more, so that an epoch's mean is that of the result.
    assert losses[-1] == pytest.approx(loss(found, embeddings, owners, 3.0), abs=1e-3)
    np.testing.assert_array_equal(rows[-1][2][0], found)


def test_a_family_of_fifty(few_steps):
    embeddings, owners = cloud(np.random.default_rng(1).normal(size=(50, 32)), each=3, spread=0.05)
    (prototypes,) = fit(embeddings, owners)
    assert (np.argmax(embeddings @ prototypes.T, axis=1) == owners).all()
