//! Where the programs are.

use std::env;
use std::path::{Path, PathBuf};

/// The programs of a control plane.
#[derive(Clone, Debug)]
pub struct Assets {
    /// etcd.
    pub etcd: PathBuf,
    /// kube-apiserver.
    pub apiserver: PathBuf,
    /// kubectl.
    pub kubectl: PathBuf,
    /// kube-controller-manager; envtest's own assets have none.
    pub controller_manager: Option<PathBuf>,
}

impl Assets {
    /// From `KUBEBUILDER_ASSETS`, else from `IRONCLAD_CONTROL_PLANE` (`cargo xtask test` sets it to what it built).
    ///
    /// # Errors
    ///
    /// Why there are none, as the closing lines of the tests print it.
    pub fn find() -> Result<Assets, String> {
        for variable in ["KUBEBUILDER_ASSETS", "IRONCLAD_CONTROL_PLANE"] {
            if let Some(folder) = env::var_os(variable).filter(|folder| !folder.is_empty()) {
                return Assets::in_folder(Path::new(&folder)).map_err(|missing| format!("{variable} has no {missing}"));
            }
        }
        Err("no control plane: set KUBEBUILDER_ASSETS, or run `cargo xtask test` with Go installed".to_owned())
    }

    /// From one folder.
    ///
    /// # Errors
    ///
    /// The name of the program that is missing.
    pub fn in_folder(folder: &Path) -> Result<Assets, &'static str> {
        let program = |name: &'static str| {
            let path = folder.join(name);
            if path.is_file() { Ok(path) } else { Err(name) }
        };
        Ok(Assets {
            etcd: program("etcd")?,
            apiserver: program("kube-apiserver")?,
            kubectl: program("kubectl")?,
            controller_manager: program("kube-controller-manager").ok(),
        })
    }
}
