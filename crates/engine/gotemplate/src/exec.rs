//! Evaluation, as `text/template/exec.go` does it.
//!
//! Go tells a missing value (invalid) from a null inside a collection (a nil interface): the first has any field, all
//! missing, the second has none. Here the second is a nil that is *boxed*.

use crate::ast::{Block, Branch, Command, Expr, ExprKind, Item, Number, Pipe, Range};
use crate::engine::{Define, Engine, Failure, Scope, Unit};
use crate::functions::{self, Function, Param};
use crate::text::Rope;
use crate::trail::Mark;
use crate::value::{Data, Dict, IntKind, Value};
use ironclad_model::Link;
use std::rc::Rc;

/// Values may nest as deep as this before a template is refused: whoever prints one recurses.
const NESTING: u32 = crate::value::DEEPEST as u32;

pub(crate) enum Stop {
    Failed(Box<Failure>),
    Break,
    Continue,
}

type Result<T> = std::result::Result<T, Stop>;

/// What a function says that cannot.
pub(crate) enum CallError {
    /// In words.
    Message(String),
    /// A template that it ran failed.
    Nested(Box<Failure>),
    /// The chart's author says no.
    Verdict(String),
}

impl From<String> for CallError {
    fn from(message: String) -> Self {
        CallError::Message(message)
    }
}

impl From<&str> for CallError {
    fn from(message: &str) -> Self {
        CallError::Message(message.to_owned())
    }
}

/// A call of a function.
pub(crate) struct Call<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) scope: &'a Rc<Scope>,
    pub(crate) arguments: &'a [Value],
    /// The template that calls.
    pub(crate) unit: &'a Rc<Unit>,
}

pub(crate) struct State<'a> {
    engine: &'a Engine,
    scope: &'a Rc<Scope>,
    unit: Rc<Unit>,
    variables: Vec<(Rc<str>, Value)>,
    /// What is being evaluated, for errors.
    at: Range,
    context: Range,
}

/// A value, and whether it came out of a collection as it is.
type Boxed = (Value, bool);

impl<'a> State<'a> {
    /// Runs a template into `out`.
    pub(crate) fn run(
        engine: &'a Engine,
        scope: &'a Rc<Scope>,
        define: &Rc<Define>,
        data: Value,
        out: &mut Rope,
    ) -> std::result::Result<(), Failure> {
        let mut state = State {
            engine,
            scope,
            unit: Rc::clone(&define.unit),
            variables: vec![("$".into(), data.clone())],
            at: Range::default(),
            context: Range::default(),
        };
        match state.walk(&(data, false), &define.body, out) {
            Ok(()) | Err(Stop::Break | Stop::Continue) => Ok(()),
            Err(Stop::Failed(failure)) => Err(*failure),
        }
    }

    fn place(&self) -> Option<Link> {
        let mark = self.unit.mark(self.at, &self.engine.trails);
        self.engine.trails.ends(mark).into_iter().next()
    }

    fn failure(&self, message: String, is_verdict: bool) -> Stop {
        Stop::Failed(Box::new(Failure {
            message,
            template: self.unit.name.to_string(),
            place: self.place(),
            stack: Vec::new(),
            is_verdict,
        }))
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        let text = self.unit.text.as_str().get(self.context.start as usize..self.context.end as usize);
        let context = text.filter(|text| !text.is_empty()).map(|text| format!("at <{text}>: ")).unwrap_or_default();
        Err(self.failure(format!("{context}{}", message.into()), false))
    }

    fn step(&self) -> Result<()> {
        self.engine.step().or_else(|message| self.fail(message))
    }

    fn walk(&mut self, dot: &Boxed, block: &Block, out: &mut Rope) -> Result<()> {
        for item in block {
            self.step()?;
            match item {
                Item::Text(range) => {
                    self.at = *range;
                    out.push_slice(&self.unit.text, range.start as usize..range.end as usize);
                    self.room(out)?;
                }
                Item::Action(range, pipe) => {
                    self.at = *range;
                    let value = self.pipeline(dot, pipe)?;
                    if pipe.declares.is_empty() {
                        self.at = *range;
                        self.print(&value, *range, out)?;
                    }
                }
                Item::If(range, branch) => {
                    self.at = *range;
                    let mark = self.variables.len();
                    let value = self.pipeline(dot, &branch.pipe)?;
                    self.walk(dot, if value.truth() { &branch.then } else { &branch.otherwise }, out)?;
                    self.variables.truncate(mark);
                }
                Item::With(range, branch) => {
                    self.at = *range;
                    let mark = self.variables.len();
                    let value = self.pipeline(dot, &branch.pipe)?;
                    if value.truth() {
                        self.walk(&(value, false), &branch.then, out)?;
                    } else {
                        self.walk(dot, &branch.otherwise, out)?;
                    }
                    self.variables.truncate(mark);
                }
                Item::Range(range, branch) => {
                    let mark = self.variables.len();
                    self.range(dot, *range, branch, out)?;
                    self.variables.truncate(mark);
                }
                Item::Template(range, name, pipe) => {
                    self.at = *range;
                    let data = match pipe {
                        Some(pipe) => self.pipeline(dot, pipe)?,
                        None => Value::NIL,
                    };
                    self.at = *range;
                    self.template(name, data, *range, out)?;
                }
                Item::Break => return Err(Stop::Break),
                Item::Continue => return Err(Stop::Continue),
            }
        }
        Ok(())
    }

    fn room(&self, out: &Rope) -> Result<()> {
        let most = self.engine.limits().text;
        if out.len() > most {
            return self.fail(format!("output of more than {} MiB", most >> 20));
        }
        Ok(())
    }

    fn print(&self, value: &Value, range: Range, out: &mut Rope) -> Result<()> {
        let trails = &self.engine.trails;
        let here = self.unit.mark(range, trails);
        match &value.data {
            Data::Str(text) => out.push_through(text, here, trails),
            Data::Nil => out.push_str("<no value>", trails.via(here, value.mark)),
            _ => {
                let origin = crate::format::value_origin(value, trails);
                let text = crate::format::plain(value);
                self.engine.made(text.len()).or_else(|message| self.fail(message))?;
                out.push_str(&text, trails.via(here, origin));
            }
        }
        self.room(out)
    }

    fn template(&mut self, name: &Rc<str>, data: Value, range: Range, out: &mut Rope) -> Result<()> {
        let Some(define) = self.scope.find(name) else {
            return self.fail(format!("template {name:?} not defined"));
        };
        let depth = self.engine.depth.get();
        if depth >= self.engine.limits().depth {
            return self.fail(format!("templates nested deeper than {depth}"));
        }
        self.engine.depth.set(depth + 1);
        let mut inner = Rope::default();
        let ran = State::run(self.engine, self.scope, &define, data, &mut inner);
        self.engine.depth.set(depth);
        ran.map_err(|failure| Stop::Failed(Box::new(self.outer(failure))))?;
        let here = self.unit.mark(range, &self.engine.trails);
        out.push_through(&inner.finish(), here, &self.engine.trails);
        self.room(out)
    }

    /// A failure of an inner template, with this place on its stack.
    fn outer(&self, mut failure: Failure) -> Failure {
        // An endless recursion comes from one place a thousand times.
        let place = self.place().filter(|place| failure.stack.last().is_none_or(|last| !last.is_same(place)));
        if failure.stack.len() < 16 {
            failure.stack.extend(place);
        }
        failure
    }

    fn range(&mut self, dot: &Boxed, range: Range, branch: &Branch, out: &mut Rope) -> Result<()> {
        self.at = range;
        let value = self.pipeline(dot, &branch.pipe)?;
        let declares = &branch.pipe.declares;
        let base = self.variables.len();
        let value = match &value.data {
            Data::Object(object) if object.is_collection() => object.plain(),
            _ => value,
        };
        let mut iterate = |state: &mut Self, index: Value, element: Boxed| -> Result<bool> {
            state.step()?;
            if branch.pipe.assigns {
                match declares.as_slice() {
                    [one] => state.assign(one, element.0.clone()),
                    [first, second] => {
                        state.assign(first, index);
                        state.assign(second, element.0.clone());
                    }
                    _ => {}
                }
            } else {
                // The pipeline pushed its variables: the last is the element's.
                let count = state.variables.len();
                if let Some(slot) = count.checked_sub(1).filter(|_| !declares.is_empty()) {
                    state.variables[slot].1 = element.0.clone();
                }
                if let Some(slot) = count.checked_sub(2).filter(|_| declares.len() > 1) {
                    state.variables[slot].1 = index;
                }
            }
            let walked = state.walk(&element, &branch.then, out);
            state.variables.truncate(base);
            match walked {
                Err(Stop::Break) => Ok(false),
                Ok(()) | Err(Stop::Continue) => Ok(true),
                Err(stop) => Err(stop),
            }
        };
        match &value.data {
            Data::Int(count, kind) => {
                if declares.len() > 1 {
                    return self.fail(format!("can't use {count} to iterate over more than one variable"));
                }
                if *count > 0 {
                    for number in 0..*count {
                        let element = Value { data: Data::Int(number, *kind), mark: value.mark };
                        if !iterate(self, Value::NIL, (element, false))? {
                            break;
                        }
                    }
                    return Ok(());
                }
            }
            Data::List(list) if !list.items.is_empty() => {
                for (index, item) in list.items.iter().enumerate() {
                    if !iterate(self, Value::int(index as i64), (item.clone(), true))? {
                        break;
                    }
                }
                return Ok(());
            }
            Data::Map(map) if !map.borrow().entries.is_empty() => {
                let entries: Vec<(Rc<str>, Mark, Value)> = map
                    .borrow()
                    .entries
                    .iter()
                    .map(|(key, slot)| (Rc::clone(key), slot.key, slot.value.clone()))
                    .collect();
                for (key, mark, item) in entries {
                    let key = Value::str(key).with_mark(mark);
                    if !iterate(self, key, (item, true))? {
                        break;
                    }
                }
                return Ok(());
            }
            Data::List(_) | Data::Map(_) | Data::Nil => {}
            _ => {
                let shown = crate::format::plain(&value);
                return self.fail(format!("range can't iterate over {shown}"));
            }
        }
        self.walk(dot, &branch.otherwise, out)
    }

    fn assign(&mut self, name: &str, value: Value) {
        if let Some(slot) = self.variables.iter_mut().rev().find(|(known, _)| &**known == name) {
            slot.1 = value;
        }
    }

    fn pipeline(&mut self, dot: &Boxed, pipe: &Pipe) -> Result<Value> {
        let mut value: Option<Value> = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value.take())?.0);
        }
        let value = value.unwrap_or_default();
        for name in &pipe.declares {
            if pipe.assigns {
                self.assign(name, value.clone());
            } else {
                self.variables.push((Rc::clone(name), value.clone()));
            }
        }
        Ok(value)
    }

    fn note(&mut self, expr: &Expr) {
        self.at = expr.at;
        self.context = expr.at;
    }

    fn command(&mut self, dot: &Boxed, command: &Command, last: Option<Value>) -> Result<Boxed> {
        self.step()?;
        let Some(first) = command.arguments.first() else { return Ok((Value::NIL, false)) };
        let rest = command.arguments.get(1..).unwrap_or_default();
        match &first.kind {
            ExprKind::Function(name) => return Ok((self.function(dot, first, name, command, rest, last)?, false)),
            ExprKind::Field(names) => return self.fields(dot, dot.clone(), names, first, rest, last),
            ExprKind::Variable(names) => {
                let (value, names) = self.variable(names);
                if names.is_empty() {
                    self.no_arguments(first, rest, &last)?;
                }
                return self.fields(dot, (value, false), names, first, rest, last);
            }
            ExprKind::Chain(inner, names) => {
                let receiver = self.argument(dot, inner)?;
                return self.fields(dot, (receiver.0, false), names, first, rest, last);
            }
            _ => self.no_arguments(first, rest, &last)?,
        }
        match &first.kind {
            ExprKind::Pipe(pipe) => Ok((self.pipeline(dot, pipe)?, false)),
            ExprKind::Nil => {
                self.note(first);
                self.fail("nil is not a command")
            }
            ExprKind::Dot => Ok(dot.clone()),
            _ => Ok((self.constant(first)?, false)),
        }
    }

    fn no_arguments(&mut self, first: &Expr, rest: &[Expr], last: &Option<Value>) -> Result<()> {
        if rest.is_empty() && last.is_none() {
            return Ok(());
        }
        self.note(first);
        let shown = first.to_string();
        self.fail(format!("can't give argument to non-function {shown}"))
    }

    fn variable<'n>(&self, names: &'n [Rc<str>]) -> (Value, &'n [Rc<str>]) {
        let name = names.first().map(|name| &**name).unwrap_or_default();
        let found = self.variables.iter().rev().find(|(known, _)| &**known == name);
        (found.map(|(_, value)| value.clone()).unwrap_or_default(), names.get(1..).unwrap_or_default())
    }

    fn constant(&mut self, expr: &Expr) -> Result<Value> {
        let value = match &expr.kind {
            ExprKind::Bool(value) => Value::bool(*value),
            ExprKind::Number(number, _) => ideal(*number),
            ExprKind::Str(text, _) => Value::str(Rc::clone(text)),
            _ => Value::NIL,
        };
        Ok(value)
    }

    /// A chain of fields; the last one may be a method with arguments.
    fn fields(
        &mut self,
        dot: &Boxed,
        receiver: Boxed,
        names: &[Rc<str>],
        expr: &Expr,
        arguments: &[Expr],
        last: Option<Value>,
    ) -> Result<Boxed> {
        let mut current = receiver;
        let count = names.len();
        for (index, name) in names.iter().enumerate() {
            let is_last = index + 1 == count;
            let has_arguments = is_last && (!arguments.is_empty() || last.is_some());
            match &current.0.data {
                Data::Object(object) => {
                    let mut values = Vec::new();
                    if has_arguments {
                        for argument in arguments {
                            values.push(self.argument(dot, argument)?.0);
                        }
                        values.extend(last.clone());
                        self.note(expr);
                        match object.call(name, &values) {
                            Some(Ok(value)) => {
                                current = (value, false);
                                continue;
                            }
                            Some(Err(message)) => return self.fail(format!("error calling {name}: {message}")),
                            None => {
                                return self.fail(format!("{name} is not a method but has arguments"));
                            }
                        }
                    }
                    match object.field(name).or_else(|| object.call(name, &[]).and_then(|called| called.ok())) {
                        Some(value) => current = (value, false),
                        None => {
                            let of = object.type_name();
                            self.note(expr);
                            return self.fail(format!("can't evaluate field {name} in type {of}"));
                        }
                    }
                }
                Data::Map(map) => {
                    if has_arguments {
                        self.note(expr);
                        return self.fail(format!("{name} is not a method but has arguments"));
                    }
                    let found = map.borrow().entries.get(name).map(|slot| slot.value.clone());
                    current = (found.unwrap_or_default(), true);
                }
                Data::Nil if current.1 => {
                    self.note(expr);
                    return self.fail(format!("nil pointer evaluating interface {{}}.{name}"));
                }
                Data::Nil => current = (Value::NIL, false),
                _ => {
                    let of = if current.1 { "interface {}" } else { current.0.type_name() };
                    self.note(expr);
                    return self.fail(format!("can't evaluate field {name} in type {of}"));
                }
            }
        }
        Ok(current)
    }

    /// An argument without a wanted type.
    fn argument(&mut self, dot: &Boxed, expr: &Expr) -> Result<Boxed> {
        match &expr.kind {
            ExprKind::Dot => Ok(dot.clone()),
            ExprKind::Nil => Ok((Value::NIL, false)),
            ExprKind::Field(names) => self.fields(dot, dot.clone(), names, expr, &[], None),
            ExprKind::Variable(names) => {
                let (value, names) = self.variable(names);
                self.fields(dot, (value, false), names, expr, &[], None)
            }
            ExprKind::Chain(inner, names) => {
                let receiver = self.argument(dot, inner)?;
                self.fields(dot, (receiver.0, false), names, expr, &[], None)
            }
            ExprKind::Pipe(pipe) => Ok((self.pipeline(dot, pipe)?, false)),
            ExprKind::Function(name) => {
                let command = Command { at: expr.at.start, arguments: Vec::new() };
                Ok((self.function(dot, expr, name, &command, &[], None)?, false))
            }
            _ => Ok((self.constant(expr)?, false)),
        }
    }

    fn function(
        &mut self,
        dot: &Boxed,
        expr: &Expr,
        name: &str,
        command: &Command,
        rest: &[Expr],
        last: Option<Value>,
    ) -> Result<Value> {
        let Some(function) = functions::find(name) else {
            self.note(expr);
            return self.fail(format!("{name:?} is not a defined function"));
        };
        if matches!(name, "and" | "or") {
            return self.shortcut(dot, name == "and", expr, rest, last);
        }
        let count = rest.len() + usize::from(last.is_some());
        let least = function.params.len();
        let fits = if function.variadic.is_some() { count >= least } else { count == least };
        if !fits {
            self.note(expr);
            let want = if function.variadic.is_some() { format!("at least {least}") } else { least.to_string() };
            return self.fail(format!("wrong number of args for {name}: want {want} got {count}"));
        }
        let mut arguments = Vec::with_capacity(count);
        for (index, argument) in rest.iter().enumerate() {
            let wanted = function.param(index);
            let value = self.typed(dot, argument, wanted)?;
            arguments.push(value);
        }
        if let Some(last) = last {
            let wanted = function.param(arguments.len());
            self.note(expr);
            let value = self.fits(last, false, wanted)?;
            arguments.push(value);
        }
        self.call(function, name, expr, command, &arguments)
    }

    fn call(
        &mut self,
        function: &'static Function,
        name: &str,
        expr: &Expr,
        command: &Command,
        arguments: &[Value],
    ) -> Result<Value> {
        let call = Call { engine: self.engine, scope: self.scope, arguments, unit: &self.unit };
        let result = (function.run)(&call);
        let complain = |state: &mut Self, message: String| {
            state.at = expr.at;
            state.context = match command.arguments.last() {
                Some(last) => Range { start: command.at, end: last.at.end },
                None => expr.at,
            };
            state.fail(format!("error calling {name}: {message}"))
        };
        let value = match result {
            Ok(value) => value,
            Err(CallError::Message(message)) => return complain(self, message),
            Err(CallError::Verdict(message)) => {
                self.at = expr.at;
                return Err(self.failure(message, true));
            }
            Err(CallError::Nested(failure)) => {
                self.at = expr.at;
                return Err(Stop::Failed(Box::new(self.outer(*failure))));
            }
        };
        let checked = match &value.data {
            Data::Str(text) => self.engine.made(text.as_str().len()),
            Data::List(list) if list.items.len() > self.engine.limits().elements => {
                Err(format!("list of more than {} elements", self.engine.limits().elements))
            }
            _ if value.nesting() > NESTING => Err(format!("value nested deeper than {NESTING}")),
            Data::List(list) => self.engine.made(list.items.len() * 16),
            _ => Ok(()),
        };
        match checked {
            Ok(()) => Ok(value),
            Err(message) => complain(self, message),
        }
    }

    /// `and` and `or` stop at the first argument that decides.
    fn shortcut(
        &mut self,
        dot: &Boxed,
        is_and: bool,
        expr: &Expr,
        rest: &[Expr],
        last: Option<Value>,
    ) -> Result<Value> {
        if rest.is_empty() && last.is_none() {
            self.note(expr);
            let name = if is_and { "and" } else { "or" };
            return self.fail(format!("wrong number of args for {name}: want at least 1 got 0"));
        }
        let mut value = Value::NIL;
        for argument in rest {
            value = self.argument(dot, argument)?.0;
            if value.truth() != is_and {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    /// An argument for a parameter: constants adapt to its type.
    fn typed(&mut self, dot: &Boxed, expr: &Expr, wanted: Param) -> Result<Value> {
        let found = |state: &mut Self, what: &str| {
            state.note(expr);
            let shown = expr.to_string();
            state.fail(format!("expected {what}; found {shown}"))
        };
        match &expr.kind {
            ExprKind::Nil => match wanted {
                Param::Any | Param::Map | Param::List => return Ok(Value::NIL),
                _ => {
                    self.note(expr);
                    return self.fail(format!("cannot assign nil to {}", wanted.name()));
                }
            },
            ExprKind::Number(number, _) => match wanted {
                Param::Int | Param::Int64 => {
                    let Some(int) = number.int else { return found(self, "integer") };
                    let kind = if wanted == Param::Int { IntKind::Int } else { IntKind::Int64 };
                    return Ok(Data::Int(int, kind).into());
                }
                Param::Float => return Ok(Value::float(number.float)),
                Param::Any => return Ok(ideal(*number)),
                Param::Str => return found(self, "string"),
                Param::Bool => return found(self, "bool"),
                _ => {
                    self.note(expr);
                    return self.fail(format!("can't handle {expr} for arg of type {}", wanted.name()));
                }
            },
            ExprKind::Str(text, _) => match wanted {
                Param::Str | Param::Any => return Ok(Value::str(Rc::clone(text))),
                Param::Int | Param::Int64 => return found(self, "integer"),
                Param::Float => return found(self, "float"),
                Param::Bool => return found(self, "bool"),
                _ => {
                    self.note(expr);
                    return self.fail(format!("can't handle {expr} for arg of type {}", wanted.name()));
                }
            },
            ExprKind::Bool(value) => match wanted {
                Param::Bool | Param::Any => return Ok(Value::bool(*value)),
                Param::Str => return found(self, "string"),
                Param::Int | Param::Int64 => return found(self, "integer"),
                Param::Float => return found(self, "float"),
                _ => {
                    self.note(expr);
                    return self.fail(format!("can't handle {expr} for arg of type {}", wanted.name()));
                }
            },
            _ => {}
        }
        let (value, boxed) = self.argument(dot, expr)?;
        self.note(expr);
        self.fits(value, boxed, wanted)
    }

    /// `validateType`
    fn fits(&self, value: Value, boxed: bool, wanted: Param) -> Result<Value> {
        let fine = match (&value.data, wanted) {
            (_, Param::Any) => true,
            (Data::Nil, Param::Map) if !boxed => return Ok(Value { data: Value::dict(Dict::default()).data, ..value }),
            (Data::Nil, Param::List) if !boxed => return Ok(Value::list(Vec::new())),
            (Data::Nil, _) if boxed => {
                return self.fail(format!("wrong type for value; expected {}; got interface {{}}", wanted.name()));
            }
            (Data::Nil, _) => return self.fail(format!("invalid value; expected {}", wanted.name())),
            (Data::Str(_), Param::Str)
            | (Data::Int(_, IntKind::Int), Param::Int)
            | (Data::Int(_, IntKind::Int64), Param::Int64)
            | (Data::Float(_), Param::Float)
            | (Data::Bool(_), Param::Bool)
            | (Data::List(_), Param::List) => true,
            (Data::Map(map), Param::Map) => map.borrow().elem == crate::value::Elem::Any,
            (Data::Object(object), Param::Time) => object.unix_nanos().is_some(),
            _ => false,
        };
        if fine {
            return Ok(value);
        }
        let (wanted, got) = (wanted.name(), value.type_name());
        self.fail(format!("wrong type for value; expected {wanted}; got {got}"))
    }
}

/// A constant where nothing says which type.
fn ideal(number: Number) -> Value {
    match number.int {
        Some(int) if number.is_int => Value::int(int),
        _ => Value::float(number.float),
    }
}
