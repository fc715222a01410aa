//! The arithmetic by example, and gateways that come, go, grow and are behind, all at random.

use super::*;

fn look(foreign: usize, own: Published, others: &[Published]) -> Look {
    let of_others = (2..).zip(others).map(|(pid, of)| (pid, *of));
    let gateways: Vec<_> = std::iter::once((1, own)).chain(of_others).collect();
    let held: usize = gateways.iter().map(|(_, of)| of.held()).sum();
    Look {
        max_connections: 100,
        reserved: 3,
        backends: foreign + held,
        settled: foreign + held,
        gateways,
        own: 1,
        ..Look::default()
    }
}

/// Look once, holding that many.
fn step(planner: &mut Planner, held: usize, foreign: usize, others: &[Published]) -> usize {
    let published = planner.publish(held, 0);
    planner.decide(&look(foreign, published, others), published, true);
    planner.cap()
}

#[test]
fn a_gateway_alone_has_all_but_the_buffer_after_two_looks() {
    let mut planner = Planner::default();
    assert_eq!(step(&mut planner, 1, 0, &[]), 0, "the first look only publishes a claim");
    assert_eq!(planner.publish(1, 0), Published { has: 1, coming: 0, claim: 92 });
    assert_eq!(step(&mut planner, 1, 0, &[]), 92);
    assert_eq!(step(&mut planner, 92, 0, &[]), 92);
}

#[test]
fn a_second_gateway_waits_until_the_first_has_made_room() {
    let whole = Published { has: 60, coming: 0, claim: 92 };
    let mut second = Planner::default();
    for _ in 0..5 {
        let cap = step(&mut second, 1, 0, &[whole]);
        assert!(cap <= 2, "nothing but the least while the first claims all: {cap}");
    }
    let mut first = Planner::from(92);
    let newcomer = second.publish(2, 0);
    assert_eq!(step(&mut first, 60, 0, &[newcomer]), 46, "it shrinks at once");
    assert_eq!(
        first.publish(60, 0),
        Published { has: 60, coming: 0, claim: 60 },
        "it still has those"
    );
    assert_eq!(step(&mut second, 2, 0, &[first.publish(60, 0)]), 2);
    // What the first does not have any more the second claims, and has one look later.
    assert_eq!(step(&mut second, 2, 0, &[first.publish(60, 0)]), 32);
    assert_eq!(step(&mut second, 32, 0, &[first.publish(46, 0)]), 32);
    assert_eq!(step(&mut second, 32, 0, &[first.publish(46, 0)]), 46);
}

#[test]
fn what_others_take_counts_when_two_looks_have_seen_it() {
    let mut planner = Planner::from(92);
    step(&mut planner, 50, 0, &[]);
    assert_eq!(step(&mut planner, 50, 30, &[]), 92, "it may be a server that is being closed");
    assert_eq!(step(&mut planner, 50, 30, &[]), 62);
    assert_eq!(step(&mut planner, 50, 0, &[]), 62, "nor is it gone for good");
    assert_eq!(step(&mut planner, 50, 0, &[]), 92);
}

#[test]
fn nothing_grows_while_it_may_not_and_two_looks_are_needed_after() {
    let mut planner = Planner::from(92);
    planner.hold(40);
    assert_eq!(planner.cap(), 40);
    for _ in 0..3 {
        let published = planner.publish(40, 0);
        planner.decide(&look(0, published, &[]), published, false);
        assert_eq!((planner.cap(), planner.publish(40, 0).claim), (40, 40));
    }
    assert_eq!(step(&mut planner, 40, 0, &[]), 40, "its claim is published first");
    assert_eq!(step(&mut planner, 40, 0, &[]), 92);
}

#[test]
fn where_nothing_is_left_the_least_is_tried_only_if_a_connection_is_free() {
    let mut planner = Planner::default();
    for foreign in [96, 96, 96] {
        assert!(step(&mut planner, 1, foreign, &[]) <= 1, "97 of 97 are in use");
    }
    step(&mut planner, 1, 95, &[]);
    assert_eq!(step(&mut planner, 1, 95, &[]), 2, "one is free, although it is of the buffer");
}

#[test]
fn what_is_settled_says_so() {
    let mut planner = Planner::default();
    let mut settled = Vec::new();
    for _ in 0..4 {
        let published = planner.publish(1, 0);
        settled.push(planner.decide(&look(0, published, &[]), published, true).is_settled);
    }
    assert_eq!(settled, [false, true, true, true]);
    let published = planner.publish(1, 0);
    let young = Look { backends: 9, ..look(0, published, &[]) };
    assert!(!planner.decide(&young, published, true).is_settled, "whose are they?");
}

/// A gateway of the simulation: it looks when its turn comes, and opens and closes servers in between.
#[derive(Default)]
struct Simulated {
    planner: Planner,
    held: usize,
    shown: Published,
    is_there: bool,
}

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Five gateways and one application, in any order of steps. The sum is never above what there is to share, but for
/// the least that each gateway has, as long as the application takes no more; and in the end all is shared evenly.
fn simulate(seed: u64, foreign_moves: bool) {
    let mut numbers = Numbers(seed);
    let mut gateways: Vec<Simulated> = (0..5).map(|_| Simulated::default()).collect();
    let (mut foreign, usable) = (0, 97);
    for turn in 0..4000 {
        let calm = turn > 3500;
        let at = numbers.below(gateways.len());
        let all: Vec<Published> =
            gateways.iter().filter(|each| each.is_there).map(|each| each.shown).collect();
        let total: usize = foreign + gateways.iter().map(|each| each.held).sum::<usize>();
        let besides = gateways.iter().enumerate().filter(|(index, _)| *index != at);
        let old: usize = besides.map(|(_, each)| each.held.min(each.shown.held())).sum();
        let gateway = &mut gateways[at];
        match numbers.below(if calm { 2 } else { 40 }) {
            // It goes, at once and with all it has, or comes.
            2 => *gateway = Simulated { is_there: !gateway.is_there, ..Simulated::default() },
            3 if foreign_moves => foreign = numbers.below(40.min(usable - (total - foreign))),
            1 | 4..8 if gateway.is_there => {
                let most = gateway.planner.cap();
                let wanted = if calm { most } else { numbers.below(most + 1) };
                // More are opened at once, and closed as they are released.
                let fewer = gateway.held - numbers.below(gateway.held.min(8) + 1);
                gateway.held = if wanted > gateway.held { wanted } else { fewer.max(wanted) };
                gateway.held = gateway.held.max(1);
            }
            _ if gateway.is_there => {
                gateway.held = gateway.held.max(1);
                let published = gateway.planner.publish(gateway.held, 0);
                let before = gateway.shown;
                gateway.shown = published;
                let mut others = all.clone();
                if let Some(own) = others.iter().position(|each| *each == before) {
                    others.remove(own);
                }
                let mut seen = look(foreign, published, &others);
                seen.backends = total;
                // What has been opened since a gateway has spoken is too young to be anybody's.
                seen.settled = foreign + old + gateway.held;
                gateway.planner.decide(&seen, published, true);
            }
            _ => {}
        }
        let there: Vec<&Simulated> = gateways.iter().filter(|each| each.is_there).collect();
        let sum: usize = there.iter().map(|each| each.held.max(each.planner.cap())).sum();
        if !foreign_moves {
            let least = there.len() * LEAST;
            assert!(sum <= 92 + least, "seed {seed}, turn {turn}: {sum}");
        }
    }
    let there: Vec<&Simulated> = gateways.iter().filter(|each| each.is_there).collect();
    let share = (92 - foreign) / there.len().max(1);
    for each in there {
        assert_eq!((each.planner.cap(), each.held), (share, share), "seed {seed}: it settles");
    }
}

#[test]
fn gateways_that_come_and_go_never_claim_more_than_there_is_and_settle_on_equal_shares() {
    for seed in 0..80 {
        simulate(seed, false);
    }
}

#[test]
fn they_settle_whatever_an_application_takes() {
    for seed in 0..80 {
        simulate(seed, true);
    }
}
