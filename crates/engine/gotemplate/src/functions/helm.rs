//! Helm's own functions (`pkg/engine/funcs.go` and `engine.go` of Helm 3).

use super::{Outcome, Row};
use crate::engine::{Engine, Scope, without_no_value};
use crate::exec::{Call, CallError, State};
use crate::text::Rope;
use crate::value::{Data, Value};
use crate::{toml, yaml};
use std::rc::Rc;

pub(super) const ROWS: &[Row] = &[
    ("include", "sa", include),
    ("tpl", "sa", tpl),
    ("required", "sa", |call| {
        let value = call.value(1);
        if value.is_nil() || value.as_str().is_some_and(str::is_empty) {
            return Err(CallError::Verdict(call.str(0).to_owned()));
        }
        Ok(value.clone())
    }),
    ("fail", "s", |call| Err(CallError::Verdict(call.str(0).to_owned()))),
    // There is no cluster to ask.
    ("lookup", "ssss", |call| {
        call.placeholder("lookup");
        Ok(Value::map([]))
    }),
    ("getHostByName", "s", |call| {
        call.placeholder("getHostByName");
        Ok(Value::str(""))
    }),
    ("toYaml", "a", |call| yaml_out(call, yaml::Flavour::V2)),
    // Helm 4 has these; what Helm 3 has never fails here either.
    ("mustToYaml", "a", |call| yaml_out(call, yaml::Flavour::V2)),
    ("mustToToml", "a", |call| {
        let text = toml::write(call.value(0), call.engine.limits().text)?;
        call.made(text)
    }),
    ("toYamlPretty", "a", |call| yaml_out(call, yaml::Flavour::V3)),
    ("fromYaml", "s", |call| {
        let wrong = |message: String| Ok(Value::map([("Error".into(), Value::str(message))]));
        match yaml::read(&call.text(0), &call.engine.trails) {
            Ok(value) => match &value.data {
                Data::Map(_) => Ok(value),
                Data::Nil => Ok(Value::map([])),
                _ => wrong(unmarshal(&value, "map[string]interface {}")),
            },
            Err(message) => wrong(message),
        }
    }),
    ("fromYamlArray", "s", |call| {
        let wrong = |message: String| Ok(Value::list(vec![Value::str(message)]));
        match yaml::read(&call.text(0), &call.engine.trails) {
            Ok(value) => match &value.data {
                Data::List(_) => Ok(value),
                Data::Nil => Ok(Value::list(Vec::new())),
                _ => wrong(unmarshal(&value, "[]interface {}")),
            },
            Err(message) => wrong(message),
        }
    }),
    ("fromToml", "s", |call| match toml::read(call.str(0)) {
        Ok(value) => Ok(value),
        Err(message) => Ok(Value::map([("Error".into(), Value::str(message))])),
    }),
    // Sprig's own greeting.
    ("hello", "", |_| Ok(Value::str("Hello!"))),
    ("toToml", "a", |call| {
        let text = toml::write(call.value(0), call.engine.limits().text)?;
        call.made(text)
    }),
];

fn unmarshal(value: &Value, into: &str) -> String {
    let word = crate::json::word(value);
    format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {word} into Go value of type {into}")
}

fn yaml_out(call: &Call<'_>, flavour: yaml::Flavour) -> Outcome {
    let text = yaml::write(call.value(0), flavour, &call.engine.trails, call.engine.limits().text)?;
    Ok(Value::text(text))
}

/// Names included inside of each other more often than this are a loop (`recursionMaxNums`).
const RECURSION: usize = 1_000;

fn nested(call: &Call<'_>, run: impl FnOnce(&mut Rope) -> Result<(), CallError>) -> Result<Rope, CallError> {
    let depth = &call.engine.depth;
    let before = depth.get();
    if before >= call.engine.limits().depth {
        return Err(format!("templates nested deeper than {before}: does one include itself?").into());
    }
    depth.set(before + 1);
    let mut rope = Rope::default();
    let ran = run(&mut rope);
    depth.set(before);
    ran.map(|()| rope)
}

fn include(call: &Call<'_>) -> Outcome {
    let name: Rc<str> = call.text(0).shared();
    let Some(define) = call.scope.find(&name) else {
        return Err(format!("template: no template {name:?} associated with template \"gotpl\"").into());
    };
    let count = *call.engine.included.borrow_mut().entry(Rc::clone(&name)).and_modify(|n| *n += 1).or_insert(1);
    if count > RECURSION {
        return Err(
            format!("rendering template has a nested reference name: {name}: unable to execute template").into()
        );
    }
    let data = call.value(1).clone();
    let rope = nested(call, |rope| {
        State::run(call.engine, call.scope, &define, data, rope).map_err(|failure| CallError::Nested(Box::new(failure)))
    });
    if let Some(count) = call.engine.included.borrow_mut().get_mut(&name) {
        *count -= 1;
    }
    Ok(Value::text(rope?.finish()))
}

/// A text of the values as a template: it sees what its caller sees, and what it defines is its own.
fn tpl(call: &Call<'_>) -> Outcome {
    let text = call.text(0);
    if !text.as_str().contains("{{") {
        // Nothing to evaluate, and by far the commonest case.
        return Ok(Value::text(without_no_value(&text)));
    }
    let scope = Scope::below(call.scope);
    let unit = Engine::unit(Rc::clone(&call.unit.name), text.clone());
    scope.add(&unit).map_err(|error| {
        let shown = crate::format::quote(text.as_str());
        format!("cannot parse template {shown}: {}", error.message)
    })?;
    let Some(define) = scope.find(&unit.name).filter(|define| Rc::ptr_eq(&define.unit, &unit)) else {
        return Ok(Value::str(""));
    };
    let data = call.value(1).clone();
    let rope = nested(call, |rope| {
        State::run(call.engine, &scope, &define, data, rope).map_err(|failure| CallError::Nested(Box::new(failure)))
    })?;
    Ok(Value::text(without_no_value(&rope.finish())))
}
