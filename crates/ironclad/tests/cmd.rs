//! What the program prints, as a user sees it: each file of `tests/cmd` is a session. `TRYCMD=overwrite` records anew
//! (write `[..]` for the seconds afterwards).

#[test]
fn sessions() {
    trycmd::TestCases::new().env("SOURCE_DATE_EPOCH", "1795478400").case("tests/cmd/*.trycmd");
}
