//! `--set` and its kin, as `pkg/strvals` of Helm reads them: `a.b=c,list[0]=x,names={a,b}`, with `\` before what is
//! meant literally.

use ironclad_gotemplate::{Data, Elem, IntKind, List, Mark, Slot, Text, Value};
use std::rc::Rc;

/// Which argument it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetKind {
    /// `--set`: booleans, null and whole numbers are what they look like.
    Typed,
    /// `--set-string`
    Text,
    /// `--set-json`
    Json,
    /// `--set-file`: the value is a path; its text is the value.
    File,
}

const MOST_INDEX: i64 = 65_536;
const DEEPEST: usize = 30;

enum Stop {
    End,
    Failed(String),
}

type Result<T> = std::result::Result<T, Stop>;

fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(Stop::Failed(message.into()))
}

struct Parser<'a> {
    text: &'a [char],
    at: usize,
    kind: SetKind,
    mark: Mark,
    read: &'a dyn Fn(&str) -> std::result::Result<Value, String>,
}

/// Reads an argument into `values`. `mark` is where the argument stands; `read` gives the text of a file.
pub fn parse(
    argument: &str,
    kind: SetKind,
    values: &Value,
    mark: Mark,
    read: &dyn Fn(&str) -> std::result::Result<Value, String>,
) -> std::result::Result<(), String> {
    let text: Vec<char> = argument.chars().collect();
    let mut parser = Parser { text: &text, at: 0, kind, mark, read };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Failed(message)) => return Err(message),
        }
    }
}

impl Parser<'_> {
    /// Characters up to one of `stop`; `None` at the end.
    fn until(&mut self, stop: &str) -> (String, Option<char>) {
        let mut out = String::new();
        while let Some(&c) = self.text.get(self.at) {
            self.at += 1;
            if stop.contains(c) {
                return (out, Some(c));
            }
            if c == '\\' {
                match self.text.get(self.at) {
                    Some(&next) => {
                        self.at += 1;
                        out.push(next);
                    }
                    None => return (out, None),
                }
            } else {
                out.push(c);
            }
        }
        (out, None)
    }

    fn put(&self, into: &Value, key: &str, value: Value) {
        if let (Data::Map(map), false) = (&into.data, key.is_empty()) {
            map.borrow_mut().insert(key.into(), Slot { key: self.mark, value });
        }
    }

    fn text_value(&self, text: &str) -> Value {
        Value::text(Text::marked(text, self.mark))
    }

    fn key(&mut self, data: &Value, depth: usize) -> Result<()> {
        let (key, last) = self.until("=[,.");
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => fail(format!("key {key:?} has no value")),
            Some('[') => {
                let index = self.index()?;
                let list = match data.get(&key) {
                    None => Vec::new(),
                    Some(value) => items(&value)?,
                };
                let mut list = list;
                let outcome = self.list_item(&mut list, index, depth);
                self.put(data, &key, self.list(list));
                outcome
            }
            Some('=') if self.kind == SetKind::Json => {
                let value = self.json()?;
                self.put(data, &key, value);
                Ok(())
            }
            Some('=') => match self.list_value()? {
                Some(list) => {
                    self.put(data, &key, list);
                    Ok(())
                }
                None if self.at >= self.text.len() => {
                    self.put(data, &key, self.text_value(""));
                    Err(Stop::End)
                }
                None => {
                    let (text, _) = self.until(",");
                    let value = self.typed(&text)?;
                    self.put(data, &key, value);
                    Ok(())
                }
            },
            Some(',') => {
                self.put(data, &key, self.text_value(""));
                fail(format!("key {key:?} has no value (cannot end with ,)"))
            }
            Some(_) => {
                let depth = depth + 1;
                if depth > DEEPEST {
                    return fail(format!(
                        "value name nested level is greater than maximum supported nested level of {DEEPEST}"
                    ));
                }
                let inner = match data.get(&key) {
                    None => Value { mark: self.mark, ..Value::map([]) },
                    Some(value) if value.as_map().is_some() => value,
                    Some(value) => {
                        let found = if value.is_nil() { "nil" } else { value.type_name() };
                        return fail(format!(
                            "unable to parse key: interface conversion: interface {{}} is {found}, not map[string]interface {{}}"
                        ));
                    }
                };
                let outcome = self.key(&inner, depth);
                let empty = !inner.truth();
                if outcome.is_ok() && empty {
                    return fail(format!("key map {key:?} has no value"));
                }
                if !empty {
                    self.put(data, &key, inner);
                }
                outcome
            }
        }
    }

    fn list(&self, items: Vec<Value>) -> Value {
        Value { data: Data::List(List::new(Elem::Any, items)), mark: self.mark }
    }

    fn index(&mut self) -> Result<i64> {
        let (text, last) = self.until("]");
        if last.is_none() {
            return fail("error parsing index: EOF");
        }
        match text.parse::<i64>() {
            Ok(index) => Ok(index),
            Err(_) => fail(format!("error parsing index: strconv.Atoi: parsing {text:?}: invalid syntax")),
        }
    }

    fn list_item(&mut self, list: &mut Vec<Value>, index: i64, depth: usize) -> Result<()> {
        if index < 0 {
            return fail(format!("negative {index} index not allowed"));
        }
        let (rest, last) = self.until("[.=");
        if !rest.is_empty() {
            return fail(format!("unexpected data at end of array index: {rest:?}"));
        }
        match last {
            None => Err(Stop::End),
            Some('=') if self.kind == SetKind::Json => {
                let value = self.json()?;
                place(list, index, value)
            }
            Some('=') => match self.list_value()? {
                Some(value) => place(list, index, value),
                None => {
                    let (text, _) = self.until(",");
                    let value = if text.is_empty() && self.at >= self.text.len() {
                        self.text_value("")
                    } else {
                        self.typed(&text)?
                    };
                    place(list, index, value)
                }
            },
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get(index as usize) {
                    Some(value) if !value.is_nil() => items(value)?,
                    _ => Vec::new(),
                };
                self.list_item(&mut inner, next, depth)?;
                let inner = self.list(inner);
                place(list, index, inner)
            }
            Some(_) => {
                let inner = match list.get(index as usize) {
                    Some(value) if value.as_map().is_some() => value.clone(),
                    _ => Value { mark: self.mark, ..Value::map([]) },
                };
                if let Some(slot) = list.get_mut(index as usize) {
                    *slot = inner.clone();
                }
                self.key(&inner, depth)?;
                place(list, index, inner)
            }
        }
    }

    /// `{a,b}`; nothing where the value is no list.
    fn list_value(&mut self) -> Result<Option<Value>> {
        if self.text.get(self.at) != Some(&'{') {
            return Ok(None);
        }
        self.at += 1;
        let mut list = Vec::new();
        loop {
            let (text, last) = self.until(",}");
            match last {
                None => return fail("list must terminate with '}'"),
                Some(',') => {
                    let value = self.typed(&text)?;
                    list.push(value);
                }
                Some(_) => {
                    if self.text.get(self.at) == Some(&',') {
                        self.at += 1;
                    }
                    let value = self.typed(&text)?;
                    list.push(value);
                    return Ok(Some(self.list(list)));
                }
            }
        }
    }

    fn typed(&self, text: &str) -> Result<Value> {
        match self.kind {
            SetKind::File => (self.read)(text).map_err(Stop::Failed),
            SetKind::Typed => {
                let data = if text.eq_ignore_ascii_case("true") {
                    Data::Bool(true)
                } else if text.eq_ignore_ascii_case("false") {
                    Data::Bool(false)
                } else if text.eq_ignore_ascii_case("null") {
                    Data::Nil
                } else if text == "0" {
                    Data::Int(0, IntKind::Int64)
                } else {
                    match text.parse::<i64>() {
                        Ok(number) if !text.starts_with('0') => Data::Int(number, IntKind::Int64),
                        _ => return Ok(self.text_value(text)),
                    }
                };
                Ok(Value { data, mark: self.mark })
            }
            _ => Ok(self.text_value(text)),
        }
    }

    /// A JSON value up to the next comma outside of it; nothing at all is null.
    fn json(&mut self) -> Result<Value> {
        if self.empty() {
            return Ok(Value { data: Data::Nil, mark: self.mark });
        }
        let rest: String = self.text.get(self.at..).unwrap_or_default().iter().collect();
        let (value, used) = ironclad_gotemplate::json_prefix(&rest, self.mark).map_err(Stop::Failed)?;
        self.at += rest.get(..used).unwrap_or_default().chars().count();
        self.empty();
        Ok(value)
    }

    /// Skips blanks and one comma. Was there nothing else?
    fn empty(&mut self) -> bool {
        while let Some(c) = self.text.get(self.at) {
            if *c == ',' {
                self.at += 1;
                return true;
            }
            if !c.is_whitespace() {
                return false;
            }
            self.at += 1;
        }
        true
    }
}

fn items(value: &Value) -> Result<Vec<Value>> {
    match &value.data {
        Data::List(list) => Ok(Rc::clone(&list.items).to_vec()),
        Data::Nil => fail("unable to parse key: interface conversion: interface {} is nil, not []interface {}"),
        _ => fail(format!(
            "unable to parse key: interface conversion: interface {{}} is {}, not []interface {{}}",
            value.type_name()
        )),
    }
}

fn place(list: &mut Vec<Value>, index: i64, value: Value) -> Result<()> {
    if index > MOST_INDEX {
        return fail(format!("index of {index} is greater than maximum supported index of {MOST_INDEX}"));
    }
    let index = index as usize;
    while list.len() <= index {
        list.push(Value::NIL);
    }
    if let Some(slot) = list.get_mut(index) {
        *slot = value;
    }
    Ok(())
}
