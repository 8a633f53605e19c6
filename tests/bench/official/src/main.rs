//! The official Cedar engine behind two commands.
//!
//! `official decide`: reads one case a line (tests/differential writes them)
//! and prints one line of JSON with what the engine says of it.
//!
//! `official bench DIR`: for each world that `engine_bench --write-worlds DIR`
//! wrote, prints `name nanoseconds` for one decision.

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, Schema, SlotId, ValidationMode, Validator,
};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::str::FromStr;
use std::time::Instant;

fn uid(value: &Value) -> EntityUid {
    EntityUid::from_type_name_and_id(
        EntityTypeName::from_str(value["type"].as_str().unwrap()).unwrap(),
        EntityId::new(value["id"].as_str().unwrap()),
    )
}

/// The policies of a case with its links, or why there are none.
fn policies(case: &Value) -> Result<PolicySet, String> {
    let mut set =
        PolicySet::from_str(case["policies"].as_str().unwrap()).map_err(|e| e.to_string())?;
    for link in case["links"].as_array().unwrap() {
        let mut slots = HashMap::new();
        if !link["principal"].is_null() {
            slots.insert(SlotId::principal(), uid(&link["principal"]));
        }
        if !link["resource"].is_null() {
            slots.insert(SlotId::resource(), uid(&link["resource"]));
        }
        set.link(
            PolicyId::new(link["template"].as_str().unwrap()),
            PolicyId::new(link["id"].as_str().unwrap()),
            slots,
        )
        .map_err(|e| e.to_string())?;
    }
    Ok(set)
}

fn answer(set: &PolicySet, entities: &Entities, schema: &Schema, request: &Value) -> Value {
    let action = uid(&request["action"]);
    let context =
        match Context::from_json_value(request["context"].clone(), Some((schema, &action))) {
            Ok(context) => context,
            Err(e) => return json!({ "invalid": e.to_string() }),
        };
    let asked = Request::new(
        uid(&request["principal"]),
        action,
        uid(&request["resource"]),
        context,
        Some(schema),
    );
    let asked = match asked {
        Ok(asked) => asked,
        Err(e) => return json!({ "invalid": e.to_string() }),
    };
    let response = Authorizer::new().is_authorized(&asked, set, entities);
    let reasons: Vec<String> = response.diagnostics().reason().map(|r| r.to_string()).collect();
    let errors: Vec<String> = response
        .diagnostics()
        .errors()
        .map(|e| match e {
            cedar_policy::AuthorizationError::PolicyEvaluationError(e) => e.policy_id().to_string(),
        })
        .collect();
    let allow = response.decision() == Decision::Allow;
    json!({ "allow": allow, "reasons": reasons, "errors": errors })
}

fn decide(case: &Value) -> Value {
    let schema = match Schema::from_cedarschema_str(case["schema"].as_str().unwrap()) {
        Ok((schema, _)) => schema,
        Err(e) => return json!({ "schema": e.to_string() }),
    };
    let set = match policies(case) {
        Ok(set) => set,
        Err(e) => return json!({ "parse": e }),
    };
    let verdict = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    let mut translated = serde_json::Map::new();
    for policy in set.policies().filter(|p| p.is_static()) {
        translated.insert(policy.id().to_string(), policy.to_json().unwrap());
    }
    for template in set.templates() {
        translated.insert(template.id().to_string(), template.to_json().unwrap());
    }
    let mut out = json!({ "valid": verdict.validation_passed(), "json": translated });
    match Entities::from_json_value(case["entities"].clone(), Some(&schema)) {
        Err(e) => out["entities"] = json!(e.to_string()),
        Ok(entities) => {
            out["answers"] = case["requests"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| answer(&set, &entities, &schema, r))
                .collect()
        }
    }
    out
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

fn bench(folder: &str) {
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

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if words.len() == 3 && words[1] == "bench" {
        return bench(&words[2]);
    }
    if words.len() != 2 || words[1] != "decide" {
        eprintln!("usage: official decide < CASES | official bench DIR");
        std::process::exit(1);
    }
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line.unwrap()).unwrap();
        writeln!(out, "{}", decide(&case)).unwrap();
    }
}
