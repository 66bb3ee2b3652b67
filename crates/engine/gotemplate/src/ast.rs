//! The tree of a template. Positions are bytes of the template's text.

use std::fmt::{self, Write};
use std::rc::Rc;

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte of the text.
    pub at: u32,
    /// What is wrong, in Go's words where it has any.
    pub message: String,
}

impl SyntaxError {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError { at: at as u32, message: message.into() }
    }
}

/// A range of the template's text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Range {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

pub(crate) type Block = Vec<Item>;

#[derive(Debug)]
pub(crate) enum Item {
    /// Literal text.
    Text(Range),
    /// `{{ pipeline }}`; the range is the whole action.
    Action(Range, Pipe),
    If(Range, Branch),
    With(Range, Branch),
    Range(Range, Branch),
    Template(Range, Rc<str>, Option<Pipe>),
    Break,
    Continue,
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) then: Block,
    pub(crate) otherwise: Block,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) declares: Vec<Rc<str>>,
    pub(crate) assigns: bool,
    pub(crate) commands: Vec<Command>,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) at: u32,
    pub(crate) arguments: Vec<Expr>,
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) at: Range,
    pub(crate) kind: ExprKind,
}

/// A constant: Go keeps every reading of it that is exact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) float: f64,
    /// Written like an integer or a character: without a context of another type it is one.
    pub(crate) is_int: bool,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Number, Rc<str>),
    Str(Rc<str>, Rc<str>),
    /// `$x.a.b`
    Variable(Vec<Rc<str>>),
    /// `.a.b`
    Field(Vec<Rc<str>>),
    Function(Rc<str>),
    /// `(…).a.b`
    Chain(Box<Expr>, Vec<Rc<str>>),
    Pipe(Box<Pipe>),
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.declares.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            f.write_str(name)?;
        }
        if !self.declares.is_empty() {
            f.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            f.write_str(if index > 0 { " | " } else { "" })?;
            command.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, argument) in self.arguments.iter().enumerate() {
            f.write_str(if index > 0 { " " } else { "" })?;
            argument.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Dot => f.write_char('.'),
            ExprKind::Nil => f.write_str("nil"),
            ExprKind::Bool(value) => value.fmt(f),
            ExprKind::Number(_, text) | ExprKind::Str(_, text) => f.write_str(text),
            ExprKind::Variable(names) => f.write_str(&names.join(".")),
            ExprKind::Field(names) => names.iter().try_for_each(|name| write!(f, ".{name}")),
            ExprKind::Function(name) => f.write_str(name),
            ExprKind::Chain(inner, names) => {
                inner.fmt(f)?;
                names.iter().try_for_each(|name| write!(f, ".{name}"))
            }
            ExprKind::Pipe(pipe) => write!(f, "({pipe})"),
        }
    }
}
