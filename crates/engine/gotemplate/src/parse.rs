//! Tokens to trees, as `text/template/parse` builds them.

use crate::ast::{Block, Branch, Command, Expr, ExprKind, Item, Number, Pipe, Range, SyntaxError};
use crate::lex::{Kind, Token, lex};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Nesting of blocks and parentheses before the text is refused: the parser recurses.
const DEEPEST: usize = 200;

/// What a text defines: its own body, and its `define`s and `block`s.
pub(crate) struct Parsed {
    pub(crate) main: Block,
    pub(crate) defines: Vec<(Rc<str>, Block)>,
}

type Result<T> = std::result::Result<T, SyntaxError>;

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    known: &'a dyn Fn(&str) -> bool,
    variables: Vec<Rc<str>>,
    defines: Vec<(Rc<str>, Block)>,
    loops: usize,
    depth: usize,
    /// Where the action being parsed begins.
    open: u32,
    /// Names and constants so far: a template says the same few over and over.
    words: FxHashMap<&'a str, Rc<str>>,
}

/// Parses a text; `known` says which functions there are.
pub(crate) fn parse(text: &str, known: &dyn Fn(&str) -> bool) -> Result<Parsed> {
    if text.len() >= u32::MAX as usize {
        return Err(SyntaxError::new(0, "template is too large"));
    }
    let mut parser = Parser {
        text,
        tokens: lex(text)?,
        next: 0,
        known,
        variables: vec!["$".into()],
        defines: Vec::new(),
        loops: 0,
        depth: 0,
        open: 0,
        words: FxHashMap::default(),
    };
    let (main, end) = parser.block(true)?;
    if let Some((word, at)) = end {
        return Err(SyntaxError::new(at, format!("unexpected {{{{{word}}}}}")));
    }
    Ok(Parsed { main, defines: parser.defines })
}

/// Has it nothing but blanks? Then it replaces no definition.
pub(crate) fn is_empty(block: &Block, text: &str) -> bool {
    block.iter().all(|item| match item {
        Item::Text(range) => {
            text.get(range.start as usize..range.end as usize).is_none_or(|text| text.trim().is_empty())
        }
        _ => false,
    })
}

/// What closed a block: `end` or `else`, and where.
type Closer = Option<(&'static str, usize)>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Token {
        let end = Token { kind: Kind::Eof, start: self.text.len(), end: self.text.len() };
        self.tokens.get(self.next).copied().unwrap_or(end)
    }

    fn take(&mut self) -> Token {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.next += 1;
        }
    }

    fn peek_word(&mut self) -> Token {
        self.skip_space();
        self.peek()
    }

    /// The text, shared with everything in this template that says the same.
    fn word(&mut self, text: &'a str) -> Rc<str> {
        Rc::clone(self.words.entry(text).or_insert_with(|| text.into()))
    }

    /// The value of a quoted text.
    fn constant(&mut self, text: &'a str, at: usize) -> Result<Rc<str>> {
        match text.get(1..text.len().max(2) - 1) {
            Some(inner) if !inner.contains(['\\', '\r']) => Ok(self.word(inner)),
            _ => unquote(text, at),
        }
    }

    fn text_of(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    fn fail<T>(&self, at: usize, message: impl Into<String>) -> Result<T> {
        Err(SyntaxError::new(at, message))
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Result<T> {
        let what = match token.kind {
            Kind::Eof => "EOF".to_owned(),
            _ => format!("{:?}", self.text_of(token)),
        };
        self.fail(token.start, format!("unexpected {what} in {context}"))
    }

    fn deeper(&mut self, at: usize) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail(at, format!("nested deeper than {DEEPEST}"));
        }
        Ok(())
    }

    /// Items up to `end` or `else`, or the end of the text at the top.
    fn block(&mut self, top: bool) -> Result<(Block, Closer)> {
        let mut block = Vec::new();
        loop {
            let token = self.take();
            match token.kind {
                Kind::Text => block.push(Item::Text(range(token.start, token.end))),
                Kind::Eof if top => return Ok((block, None)),
                Kind::Eof => return self.fail(token.start, "unexpected EOF: a block has no {{end}}"),
                _ => {
                    self.open = token.start as u32;
                    let word = self.peek_word();
                    if word.kind == Kind::Keyword {
                        match self.text_of(word) {
                            "end" => {
                                self.next += 1;
                                self.close("end")?;
                                return Ok((block, Some(("end", word.start))));
                            }
                            "else" => {
                                self.next += 1;
                                return Ok((block, Some(("else", word.start))));
                            }
                            "define" if top => {
                                self.next += 1;
                                self.define()?;
                                continue;
                            }
                            _ => {}
                        }
                    }
                    block.push(self.action()?);
                }
            }
        }
    }

    /// The end of an action.
    fn close(&mut self, context: &str) -> Result<u32> {
        let token = self.peek_word();
        if token.kind != Kind::Close {
            return self.unexpected(token, context);
        }
        self.next += 1;
        Ok(token.end as u32)
    }

    fn name(&mut self, context: &str) -> Result<Rc<str>> {
        let token = self.peek_word();
        self.next += 1;
        match token.kind {
            Kind::Str | Kind::Raw => self.constant(self.text_of(token), token.start),
            _ => self.unexpected(token, context),
        }
    }

    fn define(&mut self) -> Result<()> {
        let at = self.open as usize;
        let name = self.name("define clause")?;
        self.close("define clause")?;
        let outer = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let loops = std::mem::take(&mut self.loops);
        let (body, end) = self.block(false)?;
        if let Some(("else", at)) = end {
            return self.fail(at, "unexpected {{else}} in define clause");
        }
        self.variables = outer;
        self.loops = loops;
        self.add(name, body, at)
    }

    fn add(&mut self, name: Rc<str>, body: Block, at: usize) -> Result<()> {
        let text = self.text;
        match self.defines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if is_empty(known, text) => *known = body,
            Some(_) if is_empty(&body, text) => {}
            Some(_) => return self.fail(at, format!("template: multiple definition of template {name:?}")),
            None => self.defines.push((name, body)),
        }
        Ok(())
    }

    fn action(&mut self) -> Result<Item> {
        let open = self.open;
        let word = self.peek_word();
        if word.kind == Kind::Keyword {
            self.next += 1;
            return match self.text_of(word) {
                "if" => Ok(Item::If(range(open as usize, word.end), self.branch("if")?.1)),
                "with" => Ok(Item::With(range(open as usize, word.end), self.branch("with")?.1)),
                "range" => {
                    let (end, branch) = self.branch("range")?;
                    Ok(Item::Range(range(open as usize, end), branch))
                }
                "template" => {
                    let name = self.name("template clause")?;
                    let token = self.peek_word();
                    let pipe = match token.kind {
                        Kind::Close => None,
                        _ => Some(self.pipeline("template clause", Kind::Close)?),
                    };
                    let end = self.close("template clause")?;
                    Ok(Item::Template(Range { start: open, end }, name, pipe))
                }
                "block" => {
                    let name = self.name("block clause")?;
                    let pipe = self.pipeline("block clause", Kind::Close)?;
                    let end = self.close("block clause")?;
                    let outer = std::mem::replace(&mut self.variables, vec!["$".into()]);
                    let loops = std::mem::take(&mut self.loops);
                    self.deeper(open as usize)?;
                    let (body, closer) = self.block(false)?;
                    self.depth -= 1;
                    if let Some(("else", at)) = closer {
                        return self.fail(at, "unexpected {{else}} in block clause");
                    }
                    self.variables = outer;
                    self.loops = loops;
                    self.add(Rc::clone(&name), body, open as usize)?;
                    Ok(Item::Template(Range { start: open, end }, name, Some(pipe)))
                }
                word @ ("break" | "continue") => {
                    if self.loops == 0 {
                        return self.fail(open as usize, format!("{{{{{word}}}}} outside {{{{range}}}}"));
                    }
                    let is_break = word == "break";
                    self.close(if is_break { "{{break}}" } else { "{{continue}}" })?;
                    Ok(if is_break { Item::Break } else { Item::Continue })
                }
                _ => self.unexpected(word, "command"),
            };
        }
        let pipe = self.pipeline("command", Kind::Close)?;
        let end = self.close("command")?;
        Ok(Item::Action(Range { start: open, end }, pipe))
    }

    /// After `if`, `with` or `range`, up to its `end`. Also where the opening action ends.
    fn branch(&mut self, word: &'static str) -> Result<(usize, Branch)> {
        let at = self.open as usize;
        self.deeper(at)?;
        let variables = self.variables.len();
        let pipe = self.pipeline(word, Kind::Close)?;
        let opened = self.close(word)? as usize;
        let is_range = word == "range";
        self.loops += usize::from(is_range);
        let (then, closer) = self.block(false)?;
        self.loops -= usize::from(is_range);
        let mut otherwise = Vec::new();
        if let Some(("else", _)) = closer {
            let next = self.peek_word();
            let chained = (next.kind == Kind::Keyword).then(|| self.text_of(next));
            match (word, chained) {
                ("if", Some("if")) | ("with", Some("with")) => {
                    // `else if` is one block with the outer's `end`.
                    self.open = self.tokens.get(self.next.saturating_sub(3)).map_or(self.open, |t| t.start as u32);
                    self.next += 1;
                    let start = next.start;
                    let inner = self.branch(word)?.1;
                    let place = range(start, next.end);
                    otherwise.push(if word == "if" { Item::If(place, inner) } else { Item::With(place, inner) });
                }
                _ => {
                    self.close("else")?;
                    let (block, closer) = self.block(false)?;
                    if let Some(("else", at)) = closer {
                        return self.fail(at, "expected end; found {{else}}");
                    }
                    otherwise = block;
                }
            }
        }
        self.variables.truncate(variables);
        self.depth -= 1;
        Ok((opened, Branch { pipe, then, otherwise }))
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe> {
        let token = self.peek_word();
        let at = token.start as u32;
        let mut pipe = Pipe { declares: Vec::new(), assigns: false, commands: Vec::with_capacity(1) };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.peek_word();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::Char
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::Raw
                | Kind::Str
                | Kind::Variable
                | Kind::LeftParen => pipe.commands.push(self.command()?),
                _ => return self.unexpected(token, context),
            }
        }
        if pipe.commands.is_empty() {
            return self.fail(at as usize, format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.arguments.first().map(|first| &first.kind);
            let fixed = matches!(
                first,
                Some(ExprKind::Bool(_) | ExprKind::Dot | ExprKind::Nil | ExprKind::Number(..) | ExprKind::Str(..))
            );
            if fixed {
                let message = format!("non executable command in pipeline stage {}", index + 1);
                return self.fail(command.at as usize, message);
            }
        }
        Ok(pipe)
    }

    /// `$x :=`, `$x =`, `$i, $x :=`
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Result<()> {
        let start = self.next;
        let mut names: Vec<Rc<str>> = Vec::new();
        loop {
            let token = self.peek_word();
            if token.kind != Kind::Variable {
                break;
            }
            self.next += 1;
            let after = self.peek_word();
            names.push(self.word(self.text_of(token)));
            match after.kind {
                Kind::Declare | Kind::Assign => {
                    self.next += 1;
                    pipe.assigns = after.kind == Kind::Assign;
                    for name in &names {
                        if pipe.assigns {
                            self.known_variable(name, token.start)?;
                        } else {
                            self.variables.push(Rc::clone(name));
                        }
                    }
                    pipe.declares = names;
                    return Ok(());
                }
                Kind::Comma if context == "range" && names.len() < 2 => self.next += 1,
                Kind::Comma => {
                    return self.fail(after.start, format!("too many declarations in {context}"));
                }
                _ => break,
            }
        }
        if names.len() > 1 {
            let token = self.peek();
            return self.unexpected(token, "range");
        }
        self.next = start;
        Ok(())
    }

    fn known_variable(&self, name: &str, at: usize) -> Result<()> {
        if self.variables.iter().rev().any(|known| &**known == name) {
            return Ok(());
        }
        self.fail(at, format!("undefined variable {name:?}"))
    }

    fn command(&mut self) -> Result<Command> {
        let mut command = Command { at: self.peek_word().start as u32, arguments: Vec::with_capacity(1) };
        loop {
            self.skip_space();
            if let Some(operand) = self.operand()? {
                command.arguments.push(operand);
            }
            let token = self.take();
            match token.kind {
                Kind::Space => continue,
                Kind::Close | Kind::RightParen => {
                    self.next -= 1;
                    break;
                }
                Kind::Pipe => break,
                _ => return self.unexpected(token, "operand"),
            }
        }
        if command.arguments.is_empty() {
            return self.fail(command.at as usize, "empty command");
        }
        Ok(command)
    }

    fn operand(&mut self) -> Result<Option<Expr>> {
        let Some(mut node) = self.term()? else { return Ok(None) };
        let mut names: Vec<Rc<str>> = Vec::new();
        let mut end = node.at.end;
        while self.peek().kind == Kind::Field {
            let token = self.take();
            names.push(self.word(self.text_of(token).trim_start_matches('.')));
            end = token.end as u32;
        }
        if names.is_empty() {
            return Ok(Some(node));
        }
        node.at.end = end;
        match &mut node.kind {
            ExprKind::Field(own) | ExprKind::Variable(own) => {
                own.append(&mut names);
                Ok(Some(node))
            }
            ExprKind::Bool(_) | ExprKind::Str(..) | ExprKind::Number(..) | ExprKind::Nil | ExprKind::Dot => {
                self.fail(node.at.start as usize, format!("unexpected . after term {:?}", node.to_string()))
            }
            _ => {
                let at = node.at;
                Ok(Some(Expr { at, kind: ExprKind::Chain(Box::new(node), names) }))
            }
        }
    }

    fn term(&mut self) -> Result<Option<Expr>> {
        let token = self.peek_word();
        let text = self.text_of(token);
        let kind = match token.kind {
            Kind::Identifier => {
                if !(self.known)(text) {
                    return self.fail(token.start, format!("function {text:?} not defined"));
                }
                ExprKind::Function(self.word(text))
            }
            Kind::Dot => ExprKind::Dot,
            Kind::Nil => ExprKind::Nil,
            Kind::Variable => {
                self.known_variable(text, token.start)?;
                ExprKind::Variable(vec![self.word(text)])
            }
            Kind::Field => ExprKind::Field(vec![self.word(text.trim_start_matches('.'))]),
            Kind::Bool => ExprKind::Bool(text == "true"),
            Kind::Number => ExprKind::Number(number(text, token.start)?, self.word(text)),
            Kind::Char => {
                let inner = unquote(text, token.start)?;
                let mut chars = inner.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => {
                        let value = i64::from(c as u32);
                        let number = Number { int: Some(value), float: value as f64, is_int: true };
                        ExprKind::Number(number, self.word(text))
                    }
                    _ => return self.fail(token.start, format!("malformed character constant: {text}")),
                }
            }
            Kind::Str | Kind::Raw => ExprKind::Str(self.constant(text, token.start)?, self.word(text)),
            Kind::LeftParen => {
                self.next += 1;
                self.deeper(token.start)?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.depth -= 1;
                let end = self.take();
                return Ok(Some(Expr { at: range(token.start, end.end), kind: ExprKind::Pipe(Box::new(pipe)) }));
            }
            _ => return Ok(None),
        };
        self.next += 1;
        Ok(Some(Expr { at: range(token.start, token.end), kind }))
    }
}

fn range(start: usize, end: usize) -> Range {
    Range { start: start as u32, end: end as u32 }
}

/// Go's number syntax: `0x1F`, `0b1`, `0o17`, `017`, `1_000`, `1e3`, `.5`, hexadecimal floats.
fn number(text: &str, at: usize) -> Result<Number> {
    let bad = || SyntaxError::new(at, format!("bad number syntax: {text:?}"));
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = digits.replace('_', "");
    let lower = plain.to_ascii_lowercase();
    let int = if let Some(hex) = lower.strip_prefix("0x").filter(|hex| !hex.contains(['.', 'p'])) {
        u64::from_str_radix(hex, 16).ok()
    } else if let Some(binary) = lower.strip_prefix("0b") {
        u64::from_str_radix(binary, 2).ok()
    } else if let Some(octal) = lower.strip_prefix("0o") {
        u64::from_str_radix(octal, 8).ok()
    } else if lower.len() > 1 && lower.starts_with('0') && lower.bytes().all(|b| b.is_ascii_digit()) {
        u64::from_str_radix(&lower, 8).ok()
    } else if lower.bytes().all(|b| b.is_ascii_digit()) {
        lower.parse::<u64>().ok()
    } else {
        None
    };
    if let Some(magnitude) = int {
        let signed = if negative { 0i128 - i128::from(magnitude) } else { i128::from(magnitude) };
        let int = i64::try_from(signed).map_err(|_| SyntaxError::new(at, format!("integer overflow: {text:?}")))?;
        return Ok(Number { int: Some(int), float: int as f64, is_int: true });
    }
    let magnitude = match lower.strip_prefix("0x") {
        Some(hex) => hex_float(hex).ok_or_else(bad)?,
        None => lower.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(bad)?,
    };
    let float = if negative { -magnitude } else { magnitude };
    let exact = float.fract() == 0.0 && float.abs() < 9.0e18;
    Ok(Number { int: exact.then_some(float as i64), float, is_int: false })
}

fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut value = 0f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent: i32 = exponent.parse().ok()?;
    Some(value * 2f64.powi(exponent.clamp(-2000, 2000) - 4 * fraction.len() as i32))
}

/// `strconv.Unquote` of a string, raw string or character constant.
fn unquote(text: &str, at: usize) -> Result<Rc<str>> {
    let inner = text.get(1..text.len().max(2) - 1).unwrap_or_default();
    if text.starts_with('`') {
        return Ok(inner.replace('\r', "").into());
    }
    if !inner.contains('\\') {
        return Ok(inner.into());
    }
    let bad = || SyntaxError::new(at, format!("invalid syntax in {text}"));
    let quote = text.chars().next().unwrap_or('"');
    let mut out: Vec<u8> = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escaped = chars.next().ok_or_else(bad)?;
        let mut digits = |count: usize, radix: u32, first: Option<char>| -> Option<u32> {
            let mut value = first.map_or(Some(0), |c| c.to_digit(radix))?;
            for _ in 0..count {
                value = value * radix + chars.next()?.to_digit(radix)?;
            }
            Some(value)
        };
        let c = match escaped {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' => '\\',
            c if c == quote => c,
            'x' => {
                out.push(digits(2, 16, None).ok_or_else(bad)? as u8);
                continue;
            }
            '0'..='7' => {
                let value = digits(2, 8, Some(escaped)).filter(|value| *value < 256).ok_or_else(bad)?;
                out.push(value as u8);
                continue;
            }
            'u' => digits(4, 16, None).and_then(char::from_u32).ok_or_else(bad)?,
            'U' => digits(8, 16, None).and_then(char::from_u32).ok_or_else(bad)?,
            _ => return Err(bad()),
        };
        out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(String::from_utf8_lossy(&out).into())
}
