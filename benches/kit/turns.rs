//! Sides of a bench in turns: rounds, in each of which every side does its work once, so that a neighbour on the machine
//! costs all. Told are the middle times, and ratios of all rounds together and of the middle one.

use std::time::Duration;

/// What is measured: its name, and its work of one round, which says how long it took.
pub type Side<'a> = (&'a str, Box<dyn FnMut() -> Duration + 'a>);

/// Plays so many rounds and tells what was measured; `ratios` says which side against which, or against several together.
pub fn play(rounds: usize, mut sides: Vec<Side<'_>>, ratios: &[(usize, &[usize])]) {
    let mut times = vec![Vec::new(); sides.len()];
    for _ in 0..rounds {
        for ((_, side), times) in sides.iter_mut().zip(&mut times) {
            times.push(side().as_micros());
        }
    }
    for ((name, _), times) in sides.iter().zip(&times) {
        let middle = median(times.clone());
        println!("{name:<22} {:>8}.{:03} ms", middle / 1_000, middle % 1_000);
    }
    for &(side, floors) in ratios {
        let floor: Vec<u128> = (0..rounds)
            .map(|round| floors.iter().map(|floor| times[*floor][round]).sum())
            .collect();
        let total = 100 * times[side].iter().sum::<u128>() / floor.iter().sum::<u128>();
        let each = times[side].iter().zip(&floor);
        let each = each.map(|(side, floor)| 100 * side / floor).collect();
        let names: Vec<&str> = floors.iter().map(|floor| sides[*floor].0).collect();
        println!(
            "{:<17} / {:<20} {total:>4} %, the middle round {} %",
            sides[side].0,
            names.join(" + "),
            median(each)
        );
    }
}

fn median(mut all: Vec<u128>) -> u128 {
    all.sort_unstable();
    all[all.len() / 2]
}
