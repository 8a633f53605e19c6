//! The official Cedar engine behind two commands.
//!
//! `official decide`: reads one case a line (tests/differential writes them)
//! and prints one line of JSON with what the engine says of it.
//!
//! `official bench DIR`: for each world that `engine_bench --write-worlds DIR`
//! wrote, prints `name nanoseconds` for one decision.

mod bench;
mod decide;

use std::io::{BufRead, Write};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if words.len() == 3 && words[1] == "bench" {
        return bench::bench(&words[2]);
    }
    if words.len() != 2 || words[1] != "decide" {
        eprintln!("usage: official decide < CASES | official bench DIR");
        std::process::exit(1);
    }
    let mut decider = decide::Decider::default();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let case: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        writeln!(out, "{}", decider.decide(&case)).unwrap();
    }
}
