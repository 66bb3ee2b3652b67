//! Names of sources from the root of the repository: as the readers of machine formats want them, and as globs of
//! configurations mean them, wherever the program was started.

/// Where the program stands in its repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// The root, as an absolute path with `/`.
    pub root: String,
    /// The current folder below the root: empty, or `deploy/prod`.
    pub folder: String,
}

impl Base {
    /// A source's name from the root. What does not lie in the repository, and what is no file (`<stdin>`,
    /// `cluster:…`), stays as it is.
    pub fn rooted(&self, name: &str) -> String {
        if name.starts_with('<') || name.starts_with("cluster:") {
            return name.to_owned();
        }
        if name.starts_with('/') {
            // Without a repository (or with the whole disk as one) a file keeps its path.
            let root = self.root.trim_end_matches('/');
            let below = name.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'));
            return below.filter(|_| !root.is_empty()).unwrap_or(name).to_owned();
        }
        let mut steps: Vec<&str> = self.folder.split('/').filter(|step| !step.is_empty()).collect();
        for step in name.split('/') {
            match step {
                "" | "." => {}
                ".." => {
                    if steps.pop().is_none() {
                        return name.to_owned();
                    }
                }
                step => steps.push(step),
            }
        }
        steps.join("/")
    }

    /// Does a glob match the name, from its beginning or from any of its folders, as it is or from the root?
    pub fn matches(&self, name: &str, is_match: &dyn Fn(&str) -> bool) -> bool {
        let tails = |name: &str| is_match(name) || name.match_indices('/').any(|(at, _)| is_match(&name[at + 1..]));
        tails(name) || !self.folder.is_empty() && tails(&self.rooted(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_from_the_root() {
        let base = Base { root: "/home/me/shop".to_owned(), folder: "deploy/prod".to_owned() };
        for (name, expected) in [
            ("web.yaml", "deploy/prod/web.yaml"),
            ("../base/web.yaml", "deploy/base/web.yaml"),
            ("../../../other/web.yaml", "../../../other/web.yaml"),
            ("/home/me/shop/a.yaml", "a.yaml"),
            ("/home/me/shopping/a.yaml", "/home/me/shopping/a.yaml"),
            ("<stdin>", "<stdin>"),
        ] {
            assert_eq!(base.rooted(name), expected, "{name}");
        }
        assert_eq!(Base::default().rooted("a/b.yaml"), "a/b.yaml");
    }
}
