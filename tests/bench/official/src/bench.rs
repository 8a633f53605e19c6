//! Times of the official engine on the worlds of engine_bench.

use cedar_policy::{Authorizer, Context, Entities, EntityUid, PolicySet, Request};
use serde_json::Value;
use std::str::FromStr;
use std::time::Instant;

fn uid(value: &Value) -> EntityUid {
    EntityUid::from_json(value.clone()).unwrap()
}

fn bench_world(base: &str) -> f64 {
    let read = |suffix: &str| std::fs::read_to_string(format!("{base}.{suffix}")).unwrap();
    let set = PolicySet::from_str(&read("cedar")).unwrap();
    let entities = Entities::from_json_str(&read("entities.json"), None).unwrap();
    let requests: Value = serde_json::from_str(&read("requests.json")).unwrap();
    let requests: Vec<Request> = requests
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            let context = Context::from_json_value(r["context"].clone(), None).unwrap();
            let asked = (uid(&r["principal"]), uid(&r["action"]), uid(&r["resource"]));
            Request::new(asked.0, asked.1, asked.2, context, None).unwrap()
        })
        .collect();
    let authorizer = Authorizer::new();
    // Median of rounds, each long enough for the clock.
    let mut rounds = Vec::new();
    let started = Instant::now();
    let mut asked = 0;
    while rounds.len() < 5 || (rounds.len() < 50 && started.elapsed().as_secs_f64() < 1.0) {
        let begin = Instant::now();
        let mut count = 0;
        while count == 0 || begin.elapsed().as_micros() < 2000 {
            let request = &requests[asked % requests.len()];
            std::hint::black_box(authorizer.is_authorized(request, &set, &entities));
            asked += 1;
            count += 1;
        }
        rounds.push(begin.elapsed().as_nanos() as f64 / f64::from(count));
    }
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

pub fn bench(folder: &str) {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().into_string().ok())
        .filter_map(|n| n.strip_suffix(".cedar").map(str::to_string))
        .collect();
    names.sort();
    for name in names {
        println!("{name} {:.0}", bench_world(&format!("{folder}/{name}")));
    }
}
