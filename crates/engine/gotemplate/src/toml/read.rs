//! `fromToml`: TOML 1.0 to what `BurntSushi/toml` makes of it in a `map[string]interface{}`: integers are `int64`, dates
//! are times, arrays of tables are lists of maps.

use crate::functions::Time;
use crate::value::{DEEPEST, Data, IntKind, Value};

/// Reads a document; the error has the line.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut parser = Parser { text: text.as_bytes(), at: 0, line: 1 };
    let root = Value::map([]);
    match parser.document(&root) {
        Ok(()) => Ok(root),
        Err(message) => Err(format!("toml: line {}: {message}", parser.line)),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

type Outcome<T> = Result<T, String>;

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn starts(&self, what: &str) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    fn take(&mut self, what: &str) -> bool {
        let is = self.starts(what);
        if is {
            self.line += what.matches('\n').count();
            self.at += what.len();
        }
        is
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        if self.peek() == Some(b'#') {
            while self.peek().is_some_and(|b| b != b'\n') {
                self.at += 1;
            }
        }
    }

    /// Blanks, comments and line breaks.
    fn space(&mut self) {
        loop {
            self.blanks();
            self.comment();
            if !(self.take("\n") || self.take("\r\n")) {
                return;
            }
        }
    }

    fn end_of_line(&mut self) -> Outcome<()> {
        self.blanks();
        self.comment();
        if self.peek().is_none() || self.take("\n") || self.take("\r\n") {
            return Ok(());
        }
        Err("expected a new line or the end of the file".to_owned())
    }

    fn document(&mut self, root: &Value) -> Outcome<()> {
        let mut table = root.clone();
        // Tables that a header opened: each may be opened once.
        let mut opened: Vec<Vec<String>> = Vec::new();
        loop {
            self.space();
            match self.peek() {
                None => return Ok(()),
                Some(b'[') => {
                    let is_list = self.take("[[");
                    if !is_list {
                        self.at += 1;
                    }
                    self.blanks();
                    let path = self.keys()?;
                    let closes = if is_list { self.take("]]") } else { self.take("]") };
                    if !closes {
                        return Err("the header of a table is not closed".to_owned());
                    }
                    self.end_of_line()?;
                    if is_list {
                        opened.retain(|known| !known.starts_with(&path));
                        table = append(root, &path)?;
                    } else {
                        if opened.contains(&path) {
                            return Err(format!("table `{}` is defined twice", path.join(".")));
                        }
                        table = descend(root, &path)?;
                        opened.push(path);
                    }
                }
                Some(_) => {
                    self.pair(&table, 0)?;
                    self.end_of_line()?;
                }
            }
        }
    }

    fn pair(&mut self, table: &Value, depth: usize) -> Outcome<()> {
        let mut path = self.keys()?;
        if !self.take("=") {
            return Err("expected `=` behind a key".to_owned());
        }
        self.blanks();
        let value = self.value(depth)?;
        let Some(last) = path.pop() else { return Err("a key is missing".to_owned()) };
        let table = descend(table, &path)?;
        if table.get(&last).is_some() {
            return Err(format!("key `{last}` is defined twice"));
        }
        table.set(last, value);
        Ok(())
    }

    fn keys(&mut self) -> Outcome<Vec<String>> {
        let mut all = Vec::new();
        loop {
            self.blanks();
            all.push(match self.peek() {
                Some(b'"') => self.basic()?,
                Some(b'\'') => self.literal()?,
                _ => {
                    let start = self.at;
                    while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
                        self.at += 1;
                    }
                    if start == self.at {
                        return Err("expected a key".to_owned());
                    }
                    String::from_utf8_lossy(self.text.get(start..self.at).unwrap_or_default()).into_owned()
                }
            });
            self.blanks();
            if !self.take(".") {
                return Ok(all);
            }
        }
    }

    fn value(&mut self, depth: usize) -> Outcome<Value> {
        if depth > DEEPEST {
            return Err("values nest too deep".to_owned());
        }
        match self.peek() {
            Some(b'"') if self.take("\"\"\"") => self.long('"').map(Value::str),
            Some(b'\'') if self.take("'''") => self.long('\'').map(Value::str),
            Some(b'"') => self.basic().map(Value::str),
            Some(b'\'') => self.literal().map(Value::str),
            Some(b'[') => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.space();
                    if self.take("]") {
                        return Ok(Value::list(items));
                    }
                    items.push(self.value(depth + 1)?);
                    self.space();
                    if !self.take(",") && !self.starts("]") {
                        return Err("expected `,` or `]` in an array".to_owned());
                    }
                }
            }
            Some(b'{') => {
                self.at += 1;
                let table = Value::map([]);
                self.blanks();
                while !self.take("}") {
                    self.pair(&table, depth + 1)?;
                    self.blanks();
                    if self.take(",") {
                        self.blanks();
                    } else if !self.starts("}") {
                        return Err("expected `,` or `}` in a table".to_owned());
                    }
                }
                Ok(table)
            }
            _ => self.bare(),
        }
    }

    /// A number, a truth value, a date.
    fn bare(&mut self) -> Outcome<Value> {
        let start = self.at;
        let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'_' | b'.' | b':');
        while self.peek().is_some_and(word) {
            self.at += 1;
        }
        // A blank may stand between a date and a time.
        let digit = |at: usize| self.text.get(at).is_some_and(u8::is_ascii_digit);
        if self.at - start == 10 && self.peek() == Some(b' ') && digit(self.at + 1) {
            self.at += 1;
            while self.peek().is_some_and(word) {
                self.at += 1;
            }
        }
        let text = String::from_utf8_lossy(self.text.get(start..self.at).unwrap_or_default()).into_owned();
        if let Some(nanos) = moment(&text) {
            return Ok(Value::object(Time::utc(nanos)));
        }
        let digits = text.replace('_', "");
        let sign = if digits.starts_with('-') { -1 } else { 1 };
        let bare = digits.trim_start_matches(['+', '-']);
        let int = |text: &str, base: u32| i64::from_str_radix(text, base).ok();
        let integer = match bare.get(..2) {
            Some("0x") => int(bare.get(2..).unwrap_or_default(), 16),
            Some("0o") => int(bare.get(2..).unwrap_or_default(), 8),
            Some("0b") => int(bare.get(2..).unwrap_or_default(), 2),
            _ if bare.len() > 1 && bare.starts_with('0') && bare.bytes().all(|b| b.is_ascii_digit()) => None,
            _ => digits.parse().ok(),
        };
        if let Some(number) = integer {
            return Ok(Value::from(Data::Int(number, IntKind::Int64)));
        }
        let float = match bare {
            "inf" => Some(f64::INFINITY * f64::from(sign)),
            "nan" => Some(f64::NAN),
            // No number begins with a zero that says nothing.
            _ if bare.starts_with('0')
                && bare.as_bytes().get(1).is_some_and(u8::is_ascii_alphanumeric)
                && !is_power(bare) =>
            {
                None
            }
            _ if bare.starts_with(|c: char| c.is_ascii_digit()) => digits.parse().ok(),
            _ => None,
        };
        match (text.as_str(), float) {
            ("true" | "false", _) => Ok(Value::bool(text == "true")),
            (_, Some(number)) => Ok(Value::from(Data::Float(number))),
            _ => Err(format!("`{text}` is no value")),
        }
    }

    fn literal(&mut self) -> Outcome<String> {
        self.at += 1;
        let start = self.at;
        while self.peek().is_some_and(|b| b != b'\'' && b != b'\n') {
            self.at += 1;
        }
        let text = String::from_utf8_lossy(self.text.get(start..self.at).unwrap_or_default()).into_owned();
        if !self.take("'") {
            return Err("a text is not closed".to_owned());
        }
        Ok(text)
    }

    fn basic(&mut self) -> Outcome<String> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return String::from_utf8(out).map_err(|_| "a text is no UTF-8".to_owned());
                }
                Some(b'\\') => self.escape(&mut out)?,
                Some(b'\n') | None => return Err("a text is not closed".to_owned()),
                Some(byte) => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// A text over several lines, behind its opening quotes.
    fn long(&mut self, quote: char) -> Outcome<String> {
        let close = quote.to_string().repeat(3);
        let _ = self.take("\r\n") || self.take("\n");
        let mut out = Vec::new();
        loop {
            if self.take(&close) {
                // Up to two quotes may stand before the closing ones.
                while self.peek() == Some(quote as u8) {
                    out.push(quote as u8);
                    self.at += 1;
                }
                return String::from_utf8(out).map_err(|_| "a text is no UTF-8".to_owned());
            }
            match self.peek() {
                None => return Err("a text is not closed".to_owned()),
                Some(b'\\') if quote == '"' => {
                    let rest = self.text.get(self.at + 1..).unwrap_or_default();
                    let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
                    if rest.get(blank) == Some(&b'\n') {
                        self.at += 1;
                        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
                            self.line += usize::from(self.peek() == Some(b'\n'));
                            self.at += 1;
                        }
                    } else {
                        self.escape(&mut out)?;
                    }
                }
                Some(byte) => {
                    self.line += usize::from(byte == b'\n');
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Outcome<()> {
        let letter = self.text.get(self.at + 1).copied().unwrap_or(b' ');
        self.at += 2;
        let digits = match letter {
            b'b' => {
                return {
                    out.push(8);
                    Ok(())
                };
            }
            b't' => {
                return {
                    out.push(b'\t');
                    Ok(())
                };
            }
            b'n' => {
                return {
                    out.push(b'\n');
                    Ok(())
                };
            }
            b'f' => {
                return {
                    out.push(12);
                    Ok(())
                };
            }
            b'r' => {
                return {
                    out.push(b'\r');
                    Ok(())
                };
            }
            b'e' => {
                return {
                    out.push(27);
                    Ok(())
                };
            }
            b'"' | b'\\' => {
                return {
                    out.push(letter);
                    Ok(())
                };
            }
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => {
                return Err(format!(
                    "invalid escape character {:?}; only \\b, \\t, \\n, \\f, \\r, \\\", \\\\, \\uXXXX, and \\UXXXXXXXX are allowed",
                    letter as char
                ));
            }
        };
        let text = self.text.get(self.at..self.at + digits).and_then(|text| std::str::from_utf8(text).ok());
        let c = text.and_then(|text| u32::from_str_radix(text, 16).ok()).and_then(char::from_u32);
        let Some(c) = c else { return Err("an escape is no character".to_owned()) };
        self.at += digits;
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
}

/// `0e3`
fn is_power(text: &str) -> bool {
    matches!(text.as_bytes().get(1), Some(b'e' | b'E'))
}

/// The table at a path, made where it is missing; of an array of tables, its last.
fn descend(from: &Value, path: &[String]) -> Outcome<Value> {
    let mut at = from.clone();
    for key in path {
        let next = match at.get(key) {
            None => {
                let made = Value::map([]);
                at.set(key.as_str(), made.clone());
                made
            }
            Some(value) => match &value.data {
                Data::Map(_) => value.clone(),
                Data::List(list) => match list.items.last() {
                    Some(last) if last.as_map().is_some() => last.clone(),
                    _ => return Err(format!("key `{key}` is no table")),
                },
                _ => return Err(format!("key `{key}` is no table")),
            },
        };
        at = next;
    }
    Ok(at)
}

/// A new table at the end of an array of tables.
fn append(root: &Value, path: &[String]) -> Outcome<Value> {
    let Some((last, above)) = path.split_last() else { return Err("a key is missing".to_owned()) };
    let table = descend(root, above)?;
    let new = Value::map([]);
    let mut items = match table.get(last).map(|value| value.data) {
        None => Vec::new(),
        Some(Data::List(list)) => list.items.to_vec(),
        Some(_) => return Err(format!("key `{last}` is no array of tables")),
    };
    items.push(new.clone());
    table.set(last.as_str(), Value::list(items));
    Ok(new)
}

/// A date with a time and an offset, or parts of it, which BurntSushi reads in the local zone: here, UTC.
fn moment(text: &str) -> Option<i128> {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    let (date, clock) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
        None if text.get(2..3) == Some(":") => ("0000-01-01", Some(text)),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    if year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let days = crate::functions::days_from_civil(number(year)?, number(month)?, number(day)?);
    let mut nanos = i128::from(days) * 86_400_000_000_000;
    if let Some(clock) = clock {
        let zone = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
        let (clock, zone) = (clock.get(..zone)?, clock.get(zone..)?);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let parts: Vec<&str> = clock.split(':').collect();
        let (hour, minute) = (number(parts.first()?)?, number(parts.get(1)?)?);
        let second = parts.get(2).map_or(Some(0), |second| number(second))?;
        let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        nanos += i128::from(hour * 3600 + minute * 60 + second) * 1_000_000_000 + i128::from(number(&digits)?);
        if let Some((hours, minutes)) = zone.get(1..).and_then(|zone| zone.split_once(':')) {
            let offset = number(hours)? * 3600 + number(minutes)? * 60;
            nanos -= i128::from(if zone.starts_with('-') { -offset } else { offset }) * 1_000_000_000;
        }
    }
    Some(nanos)
}
