//! The official Cedar engine behind two commands, a line in and a line out:
//!
//! `official decide`: a case, as tests/differential writes it, and what the
//! engine says of it.
//!
//! `official bench`: a command of bench.rs and its figure.

mod bench;
mod decide;

use std::io::{BufRead, Write};

fn decide() {
    let mut decider = decide::Decider::default();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let case: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        writeln!(out, "{}", decider.decide(&case)).unwrap();
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["decide"] => decide(),
        ["bench"] => bench::bench(),
        _ => {
            eprintln!("usage: official decide | official bench");
            std::process::exit(1);
        }
    }
}
