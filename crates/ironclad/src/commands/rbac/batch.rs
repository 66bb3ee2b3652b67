//! Questions by the thousand: one JSON object a line in, the same object with its answer out, in the same order.

use crate::failure::user_error;
use crate::output;
use ironclad_authz::{Request, Target, User};
use serde_json::{Map, Value};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Longest line that is read: a review with every group of a large directory fits many times.
const LONGEST: u64 = 16 << 20;

/// Answers each line of a file. True where every line could be answered.
pub(crate) fn answer(
    file: &Path,
    mut of: impl FnMut(&Map<String, Value>) -> Result<Map<String, Value>, String>,
) -> anyhow::Result<bool> {
    let mut input: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(fs_err::File::open(file)?))
    };
    let mut complete = true;
    let mut number = 0usize;
    output::stream_raw(|out| {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            if (&mut input).take(LONGEST).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(());
            }
            number += 1;
            if bytes.len() as u64 == LONGEST && bytes.last() != Some(&b'\n') {
                return Err(std::io::Error::other(format!("{}:{number}: line is longer than 16 MiB", file.display())));
            }
            let line = String::from_utf8_lossy(&bytes);
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() {
                continue;
            }
            let answered = object(line).and_then(|request| Ok((of(&request)?, request)));
            let text = match answered {
                Ok((answer, request)) => joined(line, request, answer),
                Err(why) => {
                    complete = false;
                    output::note(&format!("error: {}:{number}: {why}", file.display()));
                    serde_json::json!({"line": number, "error": why}).to_string()
                }
            };
            out.write_all(text.as_bytes())?;
            out.write_all(b"\n")?;
        }
    })?;
    Ok(complete)
}

fn object(line: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("is not a JSON object".to_owned()),
        Err(error) => Err(format!("is not JSON: {error}")),
    }
}

/// The request as it was written, with the answer's keys behind it; an answer takes the place of a key of its name.
fn joined(line: &str, mut request: Map<String, Value>, answer: Map<String, Value>) -> String {
    let clash = answer.keys().any(|key| request.contains_key(key));
    let head = line.strip_suffix('}').filter(|_| !clash).map(str::trim_end);
    match head {
        Some(head) => {
            let tail = Value::Object(answer).to_string();
            let comma = if head == "{" { "" } else { "," };
            format!("{head}{comma}{}", tail.trim_start_matches('{'))
        }
        None => {
            request.extend(answer);
            Value::Object(request).to_string()
        }
    }
}

/// The request of a line, taken literally: a missing field is empty.
pub(crate) fn request(of: &Map<String, Value>) -> Result<Request, String> {
    let target = match of.get("path") {
        Some(Value::String(path)) => Target::Path(path.clone()),
        Some(Value::Null) | None => Target::Resource {
            group: text(of, "group")?,
            resource: text(of, "resource")?,
            subresource: text(of, "subresource")?,
            name: text(of, "name")?,
            namespace: text(of, "namespace")?,
        },
        Some(_) => return Err("`path` is not a text".to_owned()),
    };
    Ok(Request { verb: text(of, "verb")?, target })
}

/// The user of a line, taken literally: nothing is added to the groups.
pub(crate) fn user(of: &Map<String, Value>) -> Result<User, String> {
    let groups = match of.get("groups") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => {
            let text = |item: &Value| item.as_str().map(str::to_owned).ok_or("an item of `groups` is not a text");
            items.iter().map(text).collect::<Result<_, _>>()?
        }
        Some(_) => return Err("`groups` is not a list".to_owned()),
    };
    Ok(User { name: text(of, "user")?, groups })
}

fn text(of: &Map<String, Value>, name: &str) -> Result<String, String> {
    match of.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{name}` is not a text")),
    }
}

/// Where there is a file of requests, everything else of the question is in it.
pub(crate) fn no_other_question(asked: bool) -> anyhow::Result<()> {
    if asked {
        let help = "leave out --as, --name, --subresource and -n: each line has its own".to_owned();
        return Err(user_error("--requests and another question", help));
    }
    Ok(())
}
