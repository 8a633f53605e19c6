//! Times of the official engine on the worlds of engine_compare.
//!
//! Commands, a line each, with an answer of one line:
//!   load BASE      reads BASE.cedarschema, .cedar, .entities.json and
//!                  .requests.json; answers with the decisions, `+` or `-`
//!   WHAT BASE      one round; answers with nanoseconds for one operation.
//!                  WHAT: decide parse validate entities
//!   memory BASE    answers with the bytes that holding the policies takes
//!   drop BASE

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema, ValidationMode,
    Validator,
};
use serde_json::Value;
use std::collections::HashMap;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::str::FromStr;

/// A round does its operation for as long as this, once at least.
const ROUND_NANOS: i64 = 20_000_000;

struct World {
    policies_text: String,
    entities_text: String,
    schema: Schema,
    validator: Validator,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
    next: usize,
}

fn read(base: &str, suffix: &str) -> String {
    std::fs::read_to_string(format!("{base}.{suffix}")).unwrap()
}

fn uid(value: &Value) -> EntityUid {
    EntityUid::from_json(value.clone()).unwrap()
}

fn read_request(request: &Value, schema: &Schema) -> Request {
    let action = uid(&request["action"]);
    let context = Context::from_json_value(request["context"].clone(), Some((schema, &action)));
    let (principal, resource) = (uid(&request["principal"]), uid(&request["resource"]));
    Request::new(principal, action, resource, context.unwrap(), None).unwrap()
}

fn load(base: &str) -> World {
    let schema = Schema::from_str(&read(base, "cedarschema")).unwrap();
    let policies_text = read(base, "cedar");
    let entities_text = read(base, "entities.json");
    let requests: Value = serde_json::from_str(&read(base, "requests.json")).unwrap();
    let requests = requests.as_array().unwrap().iter();
    World {
        policies: PolicySet::from_str(&policies_text).unwrap(),
        entities: Entities::from_json_str(&entities_text, Some(&schema)).unwrap(),
        requests: requests.map(|r| read_request(r, &schema)).collect(),
        validator: Validator::new(schema.clone()),
        schema,
        policies_text,
        entities_text,
        next: 0,
    }
}

fn decisions(world: &World) -> String {
    let authorizer = Authorizer::new();
    let decide = |r| {
        authorizer
            .is_authorized(r, &world.policies, &world.entities)
            .decision()
    };
    let sign = |r| {
        if decide(r) == Decision::Allow {
            '+'
        } else {
            '-'
        }
    };
    world.requests.iter().map(sign).collect()
}

#[repr(C)]
#[derive(Default)]
struct TimeSpec {
    seconds: i64,
    nanos: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut TimeSpec) -> i32;
    fn malloc_trim(pad: usize) -> i32;
}

/// CPU time of this process: what else the machine does is not in it.
fn cpu_nanos() -> i64 {
    const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;
    let mut time = TimeSpec::default();
    // SAFETY: `time` is what the call writes to.
    unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.seconds * 1_000_000_000 + time.nanos
}

/// Nanoseconds for one operation; the clock is asked seldom.
fn round(mut operation: impl FnMut()) -> f64 {
    let begin = cpu_nanos();
    let mut count = 0i64;
    let mut batch = 1;
    while count == 0 || cpu_nanos() - begin < ROUND_NANOS {
        for _ in 0..batch {
            operation();
        }
        count += batch;
        batch = (batch * 2).min(256);
    }
    (cpu_nanos() - begin) as f64 / count as f64
}

fn measure(what: &str, world: &mut World) -> f64 {
    let authorizer = Authorizer::new();
    match what {
        "decide" => round(|| {
            let request = &world.requests[world.next];
            world.next = (world.next + 1) % world.requests.len();
            black_box(authorizer.is_authorized(request, &world.policies, &world.entities));
        }),
        "parse" => round(|| {
            black_box(PolicySet::from_str(&world.policies_text).unwrap());
        }),
        "validate" => round(|| {
            let verdict = world
                .validator
                .validate(&world.policies, ValidationMode::Strict);
            assert!(black_box(verdict).validation_passed());
        }),
        "entities" => round(|| {
            let read = Entities::from_json_str(&world.entities_text, Some(&world.schema));
            black_box(read.unwrap());
        }),
        _ => panic!("unknown command {what}"),
    }
}

/// What this process has in memory, after giving back what is free.
fn resident() -> i64 {
    // SAFETY: malloc_trim may be called at any time.
    unsafe { malloc_trim(0) };
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: i64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn memory(base: &str) -> i64 {
    let before = resident();
    let policies = PolicySet::from_str(&read(base, "cedar")).unwrap();
    let held = resident() - before;
    black_box(policies);
    held
}

pub fn bench() {
    let mut worlds: HashMap<String, World> = HashMap::new();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (what, base) = line.split_once(' ').unwrap();
        let answer = match what {
            "load" => {
                let world = load(base);
                let answer = decisions(&world);
                worlds.insert(base.to_string(), world);
                answer
            }
            "memory" => memory(base).to_string(),
            "drop" => {
                worlds.remove(base);
                "ok".to_string()
            }
            _ => measure(what, worlds.get_mut(base).unwrap()).to_string(),
        };
        writeln!(out, "{answer}").unwrap();
        out.flush().unwrap();
    }
}
