//! The list: one line a check.

ironclad_check::checks![];
