//! Match conditions of webhooks that authorize: does a request reach the webhook?
//!
//! They are expressions of CEL over `request`, the spec of a SubjectAccessReview (k8s.io/apiserver
//! `pkg/authorization/cel`). Evaluated is what such conditions are mostly made of: `request.user`, `request.groups` and the
//! attributes of the request, texts and lists of them, `==`, `!=`, `in`, `!`, `&&`, `||`, parentheses, `has`, `startsWith`,
//! `endsWith`, `contains`, and `exists` and `all` over a list. Anything else is not known, and nothing is guessed: an answer
//! is given only where the server would give the same. Uid, extra values and the version of a resource are no part of a
//! question here, and are not known either.

use crate::{Request, Target, User};

/// What an expression comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Value {
    Bool(bool),
    Text(String),
    List(Vec<Value>),
}

/// Why an expression comes to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// The server would fail on it: it asks for attributes that the request has not.
    Error,
    /// It is not evaluated here.
    Unknown,
}

type Result<T> = std::result::Result<T, Fault>;

/// Does a request reach a webhook?
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// All conditions hold, or there are none.
    Yes,
    /// One does not hold.
    No,
    /// None is known not to hold, and this one fails.
    Fails,
    /// It hangs on this condition.
    Unknown(String),
}

/// Longest expression that is looked at, in bytes, deepest nesting, and most links of all chains (`a && b && …`, `a.b.…`).
const LONGEST: usize = 8 << 10;
const DEEPEST: usize = 48;
const LINKS: usize = 256;

/// Asks the conditions as the server does: one that does not hold settles it, whatever others come to.
pub(crate) fn reach(conditions: &[String], user: &User, request: &Request) -> Reach {
    let mut left = Reach::Yes;
    for condition in conditions {
        match (evaluate(condition, user, request), &left) {
            (Ok(false), _) => return Reach::No,
            (Err(Fault::Unknown), Reach::Yes | Reach::Fails) => left = Reach::Unknown(condition.clone()),
            (Err(Fault::Error), Reach::Yes) => left = Reach::Fails,
            _ => {}
        }
    }
    left
}

fn evaluate(condition: &str, user: &User, request: &Request) -> Result<bool> {
    if condition.len() > LONGEST {
        return Err(Fault::Unknown);
    }
    let tokens = tokens(condition)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, links: 0 };
    let tree = parser.any_of()?;
    if parser.at != tokens.len() {
        return Err(Fault::Unknown);
    }
    match value(&tree, &Scope { user, request, bound: None })? {
        Value::Bool(holds) => Ok(holds),
        // The server does not take an expression of another type.
        _ => Err(Fault::Unknown),
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Name(String),
    Text(String),
    Sign(&'static str),
}

const SIGNS: &[&str] = &["&&", "||", "==", "!=", "!", "(", ")", "[", "]", ",", "."];

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' || first == '"' {
            let body = rest.get(1..).unwrap_or_default();
            let end = body.find([first, '\\', '\n']).ok_or(Fault::Unknown)?;
            // Escapes and triple quotes are not read.
            if !body[end..].starts_with(first) || end == 0 && body[1..].starts_with(first) {
                return Err(Fault::Unknown);
            }
            found.push(Token::Text(body[..end].to_owned()));
            rest = &body[end + 1..];
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            // `r'…'` and `b'…'` are texts of other kinds.
            if rest[end..].starts_with(['\'', '"']) {
                return Err(Fault::Unknown);
            }
            found.push(Token::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or(Fault::Unknown)?;
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
        rest = rest.trim_start();
    }
    Ok(found)
}

/// An expression.
#[derive(Debug)]
enum Tree {
    Bool(bool),
    Text(String),
    List(Vec<Tree>),
    Name(String),
    Field(Box<Tree>, String),
    Call(Box<Tree>, String, Vec<Tree>),
    Has(Box<Tree>),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    /// `==`, or `!=` where the flag says so.
    Same(Box<Tree>, Box<Tree>, bool),
    In(Box<Tree>, Box<Tree>),
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    links: usize,
}

impl Parser<'_> {
    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(found);
        found
    }

    /// As [`takes`](Self::takes), of a sign that makes a chain longer.
    fn links(&mut self, sign: &str) -> Result<bool> {
        let found = self.takes(sign);
        self.links += usize::from(found);
        if self.links > LINKS { Err(Fault::Unknown) } else { Ok(found) }
    }

    fn wants(&mut self, sign: &str) -> Result<()> {
        if self.takes(sign) { Ok(()) } else { Err(Fault::Unknown) }
    }

    fn any_of(&mut self) -> Result<Tree> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::Unknown);
        }
        let mut left = self.all_of()?;
        while self.links("||")? {
            left = Tree::Or(Box::new(left), Box::new(self.all_of()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Tree> {
        let mut left = self.relation()?;
        while self.links("&&")? {
            left = Tree::And(Box::new(left), Box::new(self.relation()?));
        }
        Ok(left)
    }

    fn relation(&mut self) -> Result<Tree> {
        let left = self.unary()?;
        if self.takes("==") {
            return Ok(Tree::Same(Box::new(left), Box::new(self.unary()?), false));
        }
        if self.takes("!=") {
            return Ok(Tree::Same(Box::new(left), Box::new(self.unary()?), true));
        }
        if matches!(self.tokens.get(self.at), Some(Token::Name(name)) if name == "in") {
            self.at += 1;
            return Ok(Tree::In(Box::new(left), Box::new(self.unary()?)));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Tree> {
        let mut not = false;
        let mut any = false;
        while self.takes("!") {
            not = !not;
            any = true;
        }
        let inner = self.member()?;
        // Twice is none, and wants the same type all the same.
        Ok(match (not, any) {
            (true, _) => Tree::Not(Box::new(inner)),
            (false, true) => Tree::Not(Box::new(Tree::Not(Box::new(inner)))),
            (false, false) => inner,
        })
    }

    fn member(&mut self) -> Result<Tree> {
        let mut tree = self.primary()?;
        while self.links(".")? {
            let name = self.name()?;
            tree = match self.takes("(") {
                true => Tree::Call(Box::new(tree), name, self.list(")")?),
                false => Tree::Field(Box::new(tree), name),
            };
        }
        Ok(tree)
    }

    fn name(&mut self) -> Result<String> {
        let Some(Token::Name(name)) = self.tokens.get(self.at) else { return Err(Fault::Unknown) };
        self.at += 1;
        Ok(name.clone())
    }

    fn list(&mut self, end: &str) -> Result<Vec<Tree>> {
        let mut found = Vec::new();
        while !self.takes(end) {
            if !found.is_empty() {
                self.wants(",")?;
            }
            found.push(self.any_of()?);
        }
        Ok(found)
    }

    fn primary(&mut self) -> Result<Tree> {
        if self.takes("(") {
            let inner = self.any_of()?;
            self.wants(")")?;
            return Ok(inner);
        }
        if self.takes("[") {
            return Ok(Tree::List(self.list("]")?));
        }
        let token = self.tokens.get(self.at).ok_or(Fault::Unknown)?;
        self.at += 1;
        match token {
            Token::Text(text) => Ok(Tree::Text(text.clone())),
            Token::Name(name) if name == "true" || name == "false" => Ok(Tree::Bool(name == "true")),
            Token::Name(name) if name == "has" && self.takes("(") => match self.list(")")?.pop() {
                Some(inner @ Tree::Field(..)) => Ok(Tree::Has(Box::new(inner))),
                _ => Err(Fault::Unknown),
            },
            Token::Name(name) => Ok(Tree::Name(name.clone())),
            Token::Sign(_) => Err(Fault::Unknown),
        }
    }
}

struct Scope<'s> {
    user: &'s User,
    request: &'s Request,
    /// The name that `exists` or `all` binds.
    bound: Option<(&'s str, &'s Value)>,
}

fn value(tree: &Tree, scope: &Scope<'_>) -> Result<Value> {
    Ok(match tree {
        Tree::Bool(own) => Value::Bool(*own),
        Tree::Text(own) => Value::Text(own.clone()),
        Tree::List(items) => Value::List(items.iter().map(|item| value(item, scope)).collect::<Result<_>>()?),
        Tree::Name(name) => match scope.bound {
            Some((bound, own)) if bound == name => own.clone(),
            _ => return Err(Fault::Unknown),
        },
        Tree::Field(outer, name) => field(outer, name, scope)?,
        Tree::Has(inner) => Value::Bool(has(inner, scope)?),
        Tree::Call(outer, name, arguments) => call(outer, name, arguments, scope)?,
        Tree::Not(inner) => Value::Bool(!truth(inner, scope)?),
        // One side settles it, whatever the other comes to.
        Tree::And(left, right) => Value::Bool(settle(truth(left, scope), || truth(right, scope), false)?),
        Tree::Or(left, right) => Value::Bool(settle(truth(left, scope), || truth(right, scope), true)?),
        Tree::Same(left, right, not) => {
            let (left, right) = (value(left, scope)?, value(right, scope)?);
            // Of different types the server takes no comparison.
            if std::mem::discriminant(&left) != std::mem::discriminant(&right) {
                return Err(Fault::Unknown);
            }
            Value::Bool((left == right) != *not)
        }
        Tree::In(left, right) => match (value(left, scope)?, value(right, scope)?) {
            (own, Value::List(items)) => Value::Bool(items.contains(&own)),
            _ => return Err(Fault::Unknown),
        },
    })
}

fn truth(tree: &Tree, scope: &Scope<'_>) -> Result<bool> {
    match value(tree, scope)? {
        Value::Bool(own) => Ok(own),
        _ => Err(Fault::Unknown),
    }
}

/// Of two sides: this value of either settles it; else what is not known comes before what fails.
fn settle(left: Result<bool>, right: impl FnOnce() -> Result<bool>, settling: bool) -> Result<bool> {
    if left == Ok(settling) {
        return Ok(settling);
    }
    match (left, right()) {
        (_, Ok(own)) if own == settling => Ok(settling),
        (Ok(_), Ok(own)) => Ok(own),
        (Err(Fault::Unknown), _) | (_, Err(Fault::Unknown)) => Err(Fault::Unknown),
        _ => Err(Fault::Error),
    }
}

/// `request.user`, `request.groups`, `request.resourceAttributes.verb` and their kin.
fn field(outer: &Tree, name: &str, scope: &Scope<'_>) -> Result<Value> {
    let text = |text: &String| Ok(Value::Text(text.clone()));
    match (outer, name) {
        (Tree::Name(request), "user") if is_request(request, scope) => text(&scope.user.name),
        (Tree::Name(request), "groups") if is_request(request, scope) => {
            Ok(Value::List(scope.user.groups.iter().cloned().map(Value::Text).collect()))
        }
        (Tree::Field(inner, attributes), name) => {
            if !matches!(&**inner, Tree::Name(request) if is_request(request, scope)) {
                return Err(Fault::Unknown);
            }
            match (attributes.as_str(), &scope.request.target, name) {
                ("resourceAttributes", Target::Resource { group, resource, subresource, name: own, namespace }, _) => {
                    match name {
                        "verb" => text(&scope.request.verb),
                        "group" => text(group),
                        "resource" => text(resource),
                        "subresource" => text(subresource),
                        "name" => text(own),
                        "namespace" => text(namespace),
                        _ => Err(Fault::Unknown),
                    }
                }
                ("nonResourceAttributes", Target::Path(_), "verb") => text(&scope.request.verb),
                ("nonResourceAttributes", Target::Path(path), "path") => text(path),
                ("resourceAttributes", Target::Path(_), _) | ("nonResourceAttributes", Target::Resource { .. }, _) => {
                    Err(Fault::Error)
                }
                _ => Err(Fault::Unknown),
            }
        }
        _ => Err(Fault::Unknown),
    }
}

fn is_request(name: &str, scope: &Scope<'_>) -> bool {
    name == "request" && scope.bound.is_none_or(|(bound, _)| bound != "request")
}

fn has(inner: &Tree, scope: &Scope<'_>) -> Result<bool> {
    let Tree::Field(outer, name) = inner else { return Err(Fault::Unknown) };
    let is_resource = matches!(scope.request.target, Target::Resource { .. });
    match (&**outer, name.as_str()) {
        (Tree::Name(request), "resourceAttributes") if is_request(request, scope) => Ok(is_resource),
        (Tree::Name(request), "nonResourceAttributes") if is_request(request, scope) => Ok(!is_resource),
        // Whether an empty text is there differs between releases.
        _ => match field(outer, name, scope)? {
            Value::Text(text) if !text.is_empty() => Ok(true),
            _ => Err(Fault::Unknown),
        },
    }
}

fn call(outer: &Tree, name: &str, arguments: &[Tree], scope: &Scope<'_>) -> Result<Value> {
    if let ("exists" | "all", [Tree::Name(bound), body]) = (name, arguments) {
        let Value::List(items) = value(outer, scope)? else { return Err(Fault::Unknown) };
        if scope.bound.is_some() {
            return Err(Fault::Unknown);
        }
        let settling = name == "exists";
        let mut so_far = Ok(!settling);
        for item in &items {
            let inner = Scope { bound: Some((bound, item)), ..*scope };
            so_far = settle(so_far, || truth(body, &inner), settling);
        }
        return so_far.map(Value::Bool);
    }
    let [argument] = arguments else { return Err(Fault::Unknown) };
    let (Value::Text(own), Value::Text(other)) = (value(outer, scope)?, value(argument, scope)?) else {
        return Err(Fault::Unknown);
    };
    Ok(Value::Bool(match name {
        "startsWith" => own.starts_with(&other),
        "endsWith" => own.ends_with(&other),
        "contains" => own.contains(&other),
        _ => return Err(Fault::Unknown),
    }))
}

#[cfg(test)]
mod tests {
    use super::{Fault, Reach, evaluate, reach};
    use crate::{Request, User};

    fn alice() -> User {
        User::literal("alice", &["dev", "system:authenticated"])
    }

    #[test]
    fn expressions_come_to_what_the_server_says() {
        let pods = Request::resource("get", "", "pods").within("shop");
        let path = Request::path("get", "/healthz");
        let (yes, no) = (Ok(true), Ok(false));
        for (expression, of_pods, of_path) in [
            ("request.user == 'alice'", yes, yes),
            ("request.user != \"alice\"", no, no),
            ("'dev' in request.groups", yes, yes),
            ("!('system:nodes' in request.groups)", yes, yes),
            ("!!(request.user == 'bob')", no, no),
            ("has(request.resourceAttributes)", yes, no),
            ("has(request.resourceAttributes) && request.resourceAttributes.namespace == 'shop'", yes, no),
            ("!has(request.resourceAttributes) || request.resourceAttributes.verb in ['get', 'list']", yes, yes),
            ("request.resourceAttributes.namespace != 'kube-system'", yes, Err(Fault::Error)),
            ("request.resourceAttributes.verb == 'get' || true", yes, yes),
            ("request.nonResourceAttributes.path.startsWith('/heal')", Err(Fault::Error), yes),
            ("request.groups.exists(g, g.startsWith('system:'))", yes, yes),
            ("request.groups.all(g, g == 'dev')", no, no),
            ("request.user.startsWith('system:') || request.user.endsWith('ce')", yes, yes),
            ("request.user.contains('lic') && false", no, no),
            ("request.resourceAttributes.version == 'v1' || true", yes, yes),
            // What is not evaluated.
            ("request.uid == 'x'", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user.matches('^a')", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user == 'a' ? true : false", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user == r'alice'", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user == 'a\\'b'", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user == '''alice'''", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user == 5", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user == ['alice']", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.user == 'alice' request.user", Err(Fault::Unknown), Err(Fault::Unknown)),
            ("request.resourceAttributes.nam == 'x'", Err(Fault::Unknown), Err(Fault::Error)),
        ] {
            assert_eq!(evaluate(expression, &alice(), &pods), of_pods, "{expression}");
            assert_eq!(evaluate(expression, &alice(), &path), of_path, "{expression}");
        }
        let deep = format!("{}true{}", "(".repeat(500), ")".repeat(500));
        assert_eq!(evaluate(&deep, &alice(), &pods), Err(Fault::Unknown));
        let long = format!("true{}", "&&true".repeat(1000));
        assert_eq!(evaluate(&long, &alice(), &pods), Err(Fault::Unknown));
        // Whatever somebody types, nothing breaks.
        for start in 0..long.len().min(40) {
            for text in ["request.user == '", "has(", "[", "'é", "a.", "!", "request.groups.exists(", "\"\"\""] {
                let _ = evaluate(&format!("{}{text}", &long[..start]), &alice(), &pods);
            }
        }
    }

    #[test]
    fn one_condition_that_does_not_hold_settles_it() {
        let path = Request::path("get", "/healthz");
        let of = |conditions: &[&str]| {
            let conditions: Vec<String> = conditions.iter().map(|text| (*text).to_owned()).collect();
            reach(&conditions, &alice(), &path)
        };
        let fails = "request.resourceAttributes.verb == 'get'";
        assert_eq!(of(&[]), Reach::Yes);
        assert_eq!(of(&["true", "request.user == 'alice'"]), Reach::Yes);
        assert_eq!(of(&["request.uid == 'x'", fails, "request.user == 'bob'"]), Reach::No);
        assert_eq!(of(&["true", fails]), Reach::Fails);
        assert_eq!(of(&[fails, "request.uid == 'x'"]), Reach::Unknown("request.uid == 'x'".to_owned()));
    }
}
