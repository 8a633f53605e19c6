//! What the official engine says of a case, as one JSON object:
//! tests/differential/verdict.h has its shape.

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId,
    PolicySet, Request, Schema, SchemaFragment, SlotId, Template, ValidationMode,
    ValidationWarning, Validator,
};
use cedar_policy_formatter::{policies_str_to_pretty, Config};
use serde_json::{json, Value};
use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

/// The schema of the last case: many cases in a row have the same one.
#[derive(Default)]
pub struct Decider {
    schema_text: String,
    schema: Option<Result<(Validator, Value), String>>,
    entities_text: String,
    entities: Option<Result<Entities, String>>,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn uid(value: &Value) -> Result<EntityUid, String> {
    EntityUid::from_json(value.clone()).map_err(|e| e.to_string())
}

/// A schema text is the JSON form when it begins with a brace.
fn read_schema(text: &str) -> Result<(Validator, Value), String> {
    if text.starts_with('{') {
        let schema = Schema::from_json_str(text).map_err(|e| e.to_string())?;
        return Ok((Validator::new(schema), Value::Null));
    }
    let (fragment, _) = SchemaFragment::from_cedarschema_str(text).map_err(|e| e.to_string())?;
    let schema = Schema::from_schema_fragments([fragment.clone()]).map_err(|e| e.to_string())?;
    let translated = fragment.to_json_value().map_err(|e| e.to_string())?;
    Ok((Validator::new(schema), translated))
}

/// Policies are the JSON form when they begin with a brace.
fn read_policies(text: &str) -> Result<PolicySet, String> {
    if text.starts_with('{') {
        PolicySet::from_json_str(text).map_err(|e| e.to_string())
    } else {
        PolicySet::from_str(text).map_err(|e| e.to_string())
    }
}

fn link(set: &mut PolicySet, link: &Value) -> Result<(), String> {
    let mut slots = HashMap::new();
    if !link["principal"].is_null() {
        slots.insert(SlotId::principal(), uid(&link["principal"])?);
    }
    if !link["resource"].is_null() {
        slots.insert(SlotId::resource(), uid(&link["resource"])?);
    }
    set.link(
        PolicyId::new(text(link, "template")),
        PolicyId::new(text(link, "id")),
        slots,
    )
    .map_err(|e| e.to_string())
}

/// The JSON form of what was read from text. The engine keeps JSON as it was
/// written, so policies that were read from JSON go through text first; null
/// for one that text can't say.
fn translate(set: &PolicySet, from_json: bool) -> Value {
    let mut translated = serde_json::Map::new();
    for policy in set.policies().filter(|p| p.is_static()) {
        let text = if from_json {
            Policy::from_str(&policy.to_string()).ok()
        } else {
            Some(policy.clone())
        };
        let json = text.map(|p| p.to_json().unwrap());
        translated.insert(policy.id().to_string(), json.unwrap_or(Value::Null));
    }
    for template in set.templates() {
        let text = if from_json {
            Template::from_str(&template.to_string()).ok()
        } else {
            Some(template.clone())
        };
        let json = text.map(|t| t.to_json().unwrap());
        translated.insert(template.id().to_string(), json.unwrap_or(Value::Null));
    }
    Value::Object(translated)
}

/// The ids of policies that are not valid, and of those that no request can
/// satisfy.
fn validate(validator: &Validator, set: &PolicySet, mode: ValidationMode) -> Value {
    let verdict = validator.validate(set, mode);
    let invalid: BTreeSet<String> = verdict
        .validation_errors()
        .map(|e| e.policy_id().to_string())
        .collect();
    let impossible: BTreeSet<String> = verdict
        .validation_warnings()
        .filter(|w| matches!(w, ValidationWarning::ImpossiblePolicy(_)))
        .map(|w| w.policy_id().to_string())
        .collect();
    json!({ "invalid": invalid, "impossible": impossible })
}

fn read_request(schema: &Schema, request: &str) -> Result<Request, String> {
    let request: Value = serde_json::from_str(request).map_err(|e| e.to_string())?;
    let action = uid(&request["action"])?;
    let context = Context::from_json_value(request["context"].clone(), Some((schema, &action)))
        .map_err(|e| e.to_string())?;
    Request::new(
        uid(&request["principal"])?,
        action,
        uid(&request["resource"])?,
        context,
        Some(schema),
    )
    .map_err(|e| e.to_string())
}

fn answer(set: &PolicySet, entities: &Entities, schema: &Schema, request: &str) -> Value {
    let request = match read_request(schema, request) {
        Ok(request) => request,
        Err(e) => return json!({ "request": e }),
    };
    let response = Authorizer::new().is_authorized(&request, set, entities);
    let diagnostics = response.diagnostics();
    let reasons: BTreeSet<String> = diagnostics.reason().map(|r| r.to_string()).collect();
    let errors: BTreeSet<String> = diagnostics
        .errors()
        .map(|e| match e {
            AuthorizationError::PolicyEvaluationError(e) => e.policy_id().to_string(),
        })
        .collect();
    let allow = response.decision() == Decision::Allow;
    json!({ "allow": allow, "reasons": reasons, "errors": errors })
}

impl Decider {
    pub fn decide(&mut self, case: &Value) -> Value {
        if self.schema.is_none() || self.schema_text != text(case, "schema") {
            self.schema_text = text(case, "schema").to_string();
            self.schema = Some(read_schema(&self.schema_text));
            self.entities = None;
        }
        let (validator, schema_json) = match self.schema.as_ref().unwrap() {
            Ok(read) => read,
            Err(e) => return json!({ "schema": e }),
        };
        let schema = validator.schema();
        let mut set = match read_policies(text(case, "policies")) {
            Ok(set) => set,
            Err(e) => return json!({ "parse": e }),
        };
        for one in case["links"].as_array().unwrap() {
            if let Err(e) = link(&mut set, one) {
                return json!({ "link": e });
            }
        }
        let mut out = json!({
            "strict": validate(validator, &set, ValidationMode::Strict),
            "permissive": validate(validator, &set, ValidationMode::Permissive),
            "json": translate(&set, text(case, "policies").starts_with('{')),
        });
        if case["extra"].as_bool().unwrap() {
            out["schema_json"] = schema_json.clone();
            let formatted = policies_str_to_pretty(text(case, "policies"), &Config::default());
            out["formatted"] = json!(formatted.ok());
        }
        if self.entities.is_none() || self.entities_text != text(case, "entities") {
            self.entities_text = text(case, "entities").to_string();
            let read = Entities::from_json_str(&self.entities_text, Some(schema));
            self.entities = Some(read.map_err(|e| e.to_string()));
        }
        match self.entities.as_ref().unwrap() {
            Err(e) => out["entities"] = json!(e),
            Ok(entities) => {
                let requests = case["requests"].as_array().unwrap().iter();
                out["answers"] = requests
                    .map(|r| answer(&set, entities, schema, r.as_str().unwrap()))
                    .collect()
            }
        }
        out
    }
}
