//! Argo CD's and Flux's objects that point inside the tree: what they deploy is judged as they deploy it.
//!
//! A chart, kustomization or folder that an object names is rendered once for each such object, with its values and
//! patches; its rendering without them then is none that anybody deploys, and goes. What they make is looked through
//! for such objects again (an app of apps). What cannot be followed is noted with its place and why.
//!
//! Upstream decides what each field does; `docs/guide/gitops.md` says how a path finds its folder.

mod argo;
mod build;
mod flux;
mod home;
mod place;
mod plan;
mod sets;

use crate::read::{Overlay, Request};
use crate::units::RenderedUnit;
use build::Built;
use home::{Home, Seen};
use ironclad_model::{NotFollowed, ReportedProblem};
use ironclad_tree::{Document, Source};
use place::{Spot, Tree};
use plan::{Left, Plan, Told, Work};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Renderings that are asked for before it is a loop.
const MOST: usize = 5_000;
/// Objects that made objects that made objects.
const DEEPEST: usize = 16;

fn is_chart(folder: &Path) -> bool {
    folder.join("Chart.yaml").is_file()
}

/// Kinds of objects that are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Subject {
    Application,
    ApplicationSet,
    Kustomization,
    Release,
    /// What the others refer to.
    Reference,
}

fn subject(seen: &Seen) -> Option<Subject> {
    match (seen.group(), seen.kind()) {
        ("argoproj.io", "Application") => Some(Subject::Application),
        ("argoproj.io", "ApplicationSet") => Some(Subject::ApplicationSet),
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => Some(Subject::Kustomization),
        ("helm.toolkit.fluxcd.io", "HelmRelease") => Some(Subject::Release),
        ("", "ConfigMap")
        | ("source.toolkit.fluxcd.io", "GitRepository")
        | ("source.extensions.fluxcd.io", "ArtifactGenerator") => Some(Subject::Reference),
        _ => None,
    }
}

/// Name of the unit of what an object deploys. The folder of the object keeps clusters apart whose objects have the
/// same names; with a request it counts from the repository.
fn unit_name(seen: &Seen, request: Option<&Request>) -> String {
    let folder = seen.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = folder.display().to_string();
    let shown = request.map(|request| request.unit_at(folder, &shown)).unwrap_or(shown);
    format!("{} in {shown}", name_of(seen))
}

/// `Kind namespace/name`; what a set makes does not say its kind.
fn name_of(seen: &Seen) -> String {
    if seen.kind().is_empty() { format!("Application {}", seen.name()) } else { seen.identity() }
}

/// What reading an object needs.
struct Context<'a> {
    tree: &'a Tree,
    request: &'a Request,
    overlay: Overlay<'a>,
    references: Vec<Arc<Seen>>,
}

impl Context<'_> {
    /// The text of a file within the tree, by its canonical path.
    fn source(&self, path: &Path) -> Option<Arc<Source>> {
        let canonical = fs_err::canonicalize(path).ok()?;
        let shown = self.tree.shown(&canonical)?;
        if let Some(text) = (self.overlay)(Path::new(&shown)) {
            return Some(Source::new(shown, &*text));
        }
        let length = fs_err::metadata(&canonical).ok()?.len();
        let bytes = (length <= self.request.max_file_size).then(|| fs_err::read(&canonical).ok()).flatten()?;
        Some(Source::decode(shown, bytes).0)
    }

    fn text(&self, spot: &Spot) -> Option<Arc<Source>> {
        self.source(&spot.canonical)
    }

    /// The only document of a file.
    fn read(&self, path: &Path) -> Option<Seen> {
        let source = self.source(path)?;
        let parsed = ironclad_tree::parse(&source, &ironclad_tree::Limits::default());
        let document = Arc::new(parsed.documents.into_iter().next()?);
        let root = document.root().id();
        let file = PathBuf::from(&**source.name());
        Some(Seen { document, root, home: Home::Own, file })
    }

    /// An object that another one refers to; a namespace that either does not say fits. Clusters have objects of the same
    /// names: the one whose file is nearest is meant.
    fn named(&self, by: &Seen, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<Arc<Seen>> {
        let fits = |seen: &&Arc<Seen>| {
            let same = seen.namespace().zip(namespace).is_none_or(|(own, wanted)| own == wanted);
            seen.group() == group && seen.kind() == kind && seen.name() == name && same
        };
        self.nearest(by, fits).into_iter().next()
    }

    /// The references that fit, those in the nearest files first.
    fn nearest(&self, by: &Seen, fits: impl Fn(&&Arc<Seen>) -> bool) -> Vec<Arc<Seen>> {
        let shared = |seen: &Seen| {
            let pairs = seen.file.components().zip(by.file.components());
            pairs.take_while(|(own, other)| own == other).count()
        };
        let mut all: Vec<Arc<Seen>> = self.references.iter().filter(fits).cloned().collect();
        all.sort_by_key(|seen| std::cmp::Reverse(shared(seen)));
        all
    }
}

/// Where objects were found.
#[derive(Debug)]
enum Place {
    /// A file, by its number.
    File(usize),
    /// A chart or kustomization as it is.
    Default(Box<RenderedUnit>),
    /// What an object asked for.
    Made(Box<RenderedUnit>),
}

#[derive(Debug)]
struct Spring {
    parent: Option<usize>,
    depth: usize,
    place: Place,
    /// Canonical path of the folder; of a file, its path as it was found until that matters.
    path: PathBuf,
    alive: bool,
    /// An object deploys it as it is.
    claimed: bool,
    objects: Vec<(Subject, Arc<Seen>, bool)>,
    notes: Vec<NotFollowed>,
}

/// Follows objects as they are found.
pub(crate) struct Follower<'a> {
    tree: Tree,
    request: &'a Request,
    overlay: Overlay<'a>,
    springs: Vec<Spring>,
    /// Charts that an object names.
    charts: BTreeSet<PathBuf>,
    /// Folders of manifests that an object names: by whom, and the namespace of what names none.
    folders: Vec<(usize, PathBuf, Option<String>)>,
    /// What was made for which unit of which folder.
    made: BTreeMap<(String, usize, PathBuf), usize>,
    excluded: BTreeSet<PathBuf>,
    /// Paths of files are canonical by now: to ask for each costs more than to parse it.
    resolved: bool,
}

/// What came of it.
pub(crate) struct Followed {
    pub(crate) rendered: Vec<RenderedUnit>,
    /// Files, by number, that took part in something rendered.
    pub(crate) consumed: BTreeSet<usize>,
    /// Folders of manifests and the namespace of what names none.
    pub(crate) namespaces: BTreeMap<PathBuf, Option<String>>,
    pub(crate) notes: Vec<NotFollowed>,
}

impl<'a> Follower<'a> {
    /// `excluded`: folders that the configuration leaves out.
    pub(crate) fn new(request: &'a Request, overlay: Overlay<'a>, excluded: BTreeSet<PathBuf>) -> Follower<'a> {
        Follower {
            tree: Tree::of(&request.arguments),
            request,
            overlay,
            springs: Vec::new(),
            charts: BTreeSet::new(),
            folders: Vec::new(),
            made: BTreeMap::new(),
            excluded,
            resolved: false,
        }
    }

    fn spring(&mut self, parent: Option<usize>, place: Place, path: PathBuf, objects: Vec<Seen>) -> usize {
        let depth = parent.and_then(|parent| self.springs.get(parent)).map_or(0, |parent| parent.depth + 1);
        let objects = objects.into_iter().filter_map(|seen| Some((subject(&seen)?, Arc::new(seen), false))).collect();
        self.springs.push(Spring {
            parent,
            depth,
            place,
            path,
            alive: true,
            claimed: false,
            objects,
            notes: Vec::new(),
        });
        self.springs.len() - 1
    }

    /// A file's documents.
    pub(crate) fn file(&mut self, number: usize, path: &Path, documents: &[Arc<Document>]) {
        let objects: Vec<Seen> = documents.iter().flat_map(|document| Seen::all_of(document, &Home::Own)).collect();
        self.spring(None, Place::File(number), path.to_owned(), objects);
    }

    /// Something that was rendered as it is.
    pub(crate) fn unit(&mut self, unit: RenderedUnit) {
        let (path, objects) = (unit.folder.clone(), objects_of(&unit));
        self.spring(None, Place::Default(Box::new(unit)), path, objects);
    }

    /// Is the folder of a chart named by an object?
    pub(crate) fn is_claimed(&self, chart: &Path) -> bool {
        self.charts.contains(chart)
    }

    /// Follows everything that is there, releases of charts last: what they are told may be made by the others. Decisions
    /// are made one by one in the order of the inputs; what they ask for is rendered in parallel.
    pub(crate) fn run(&mut self) {
        let mut rounds = 0;
        loop {
            let late = |subject: Subject| subject == Subject::Release;
            let mut batch = self.pending(&|subject| !late(subject));
            if batch.is_empty() {
                batch = self.pending(&late);
            }
            rounds += batch.len();
            if batch.is_empty() {
                return;
            }
            if rounds > MOST {
                if let Some((spring, _, seen)) = batch.first() {
                    self.note(*spring, seen, &Left::new(seen.root(), "too many objects lead to others"));
                }
                return;
            }
            let mut work: Vec<(usize, Plan)> = Vec::new();
            for (spring, seen, told) in self.read(batch) {
                told.left.iter().for_each(|left| self.note(spring, &seen, left));
                if let Some(own) = self.springs.get_mut(spring) {
                    let objects = told.objects.into_iter();
                    own.objects.extend(objects.map(|seen| (Subject::Application, Arc::new(seen), false)));
                }
                for plan in told.plans {
                    let is_asked = work.iter().any(|(_, known)| known.key() == plan.key());
                    if !is_asked && let Some(plan) = self.prepare(spring, plan) {
                        work.push((spring, plan));
                    }
                }
            }
            let (request, overlay) = (self.request, self.overlay);
            let built: Vec<Option<Built>> =
                work.par_iter().map(|(_, plan)| build::build(plan, request, overlay)).collect();
            for ((spring, plan), built) in work.into_iter().zip(built) {
                let is_alive = self.springs.get(spring).is_some_and(|spring| spring.alive);
                if let Some(built) = built.filter(|_| is_alive) {
                    self.take(spring, &plan, built);
                }
            }
        }
    }

    /// Objects that nobody looked at yet; from now on, somebody did.
    fn pending(&mut self, wanted: &dyn Fn(Subject) -> bool) -> Vec<(usize, Subject, Arc<Seen>)> {
        let mut all = Vec::new();
        for (index, spring) in self.springs.iter_mut().enumerate().filter(|(_, spring)| spring.alive) {
            for (subject, seen, done) in &mut spring.objects {
                if !*done && *subject != Subject::Reference && wanted(*subject) {
                    *done = true;
                    all.push((index, *subject, Arc::clone(seen)));
                }
            }
        }
        all
    }

    /// What objects lead to.
    fn read(&self, batch: Vec<(usize, Subject, Arc<Seen>)>) -> Vec<(usize, Arc<Seen>, Told)> {
        let living = self.springs.iter().filter(|spring| spring.alive).flat_map(|spring| &spring.objects);
        let references = living
            .filter(|(subject, ..)| *subject == Subject::Reference)
            .map(|(_, seen, _)| Arc::clone(seen))
            .collect();
        let context = Context { tree: &self.tree, request: self.request, overlay: self.overlay, references };
        let read = |(spring, subject, seen): (usize, Subject, Arc<Seen>)| {
            let told = match subject {
                Subject::Application => argo::application(&seen, &context),
                Subject::ApplicationSet => sets::application_set(&seen, &context),
                Subject::Kustomization => flux::kustomization(&seen, &context),
                Subject::Release => flux::release(&seen, &context),
                Subject::Reference => Told::default(),
            };
            (spring, seen, told)
        };
        batch.into_iter().map(read).collect()
    }

    fn note(&mut self, spring: usize, seen: &Seen, left: &Left) {
        let (source, span) = seen.place(seen.document.node(left.at));
        let at = source.position(span.start);
        let note = NotFollowed {
            source: source.name().to_string(),
            line: at.line,
            column: at.column,
            object: name_of(seen),
            reason: left.reason.clone(),
        };
        if let Some(own) = self.springs.get_mut(spring)
            && !own.notes.contains(&note)
        {
            own.notes.push(note);
        }
    }

    /// Is the spring, or what it came from, at this path?
    fn is_within(&self, spring: usize, path: &Path) -> bool {
        let mut at = Some(spring);
        while let Some(spring) = at.and_then(|at| self.springs.get(at)) {
            if spring.path == path {
                return true;
            }
            at = spring.parent;
        }
        false
    }

    /// The plan, where something has to be rendered for it.
    fn prepare(&mut self, spring: usize, plan: Plan) -> Option<Plan> {
        let path = &plan.spot.canonical;
        let depth = self.springs.get(spring).map_or(0, |spring| spring.depth);
        let is_made =
            self.made.get(&plan.key()).and_then(|made| self.springs.get(*made)).is_some_and(|made| made.alive);
        if is_made || depth > DEEPEST {
            return None;
        }
        if self.excluded.contains(path) {
            let left = Left::new(plan.seen.root(), format!("\"{}\" is excluded by the configuration", plan.spot.shown));
            self.note(spring, &plan.seen, &left);
            return None;
        }
        match &plan.work {
            Work::Folder => {
                self.folders.push((spring, path.clone(), plan.namespace));
                return None;
            }
            Work::Kustomization(work) if work.is_plain() => {
                // It is deployed as it is, by however many: it is judged once in each namespace.
                let found = self.springs.iter().position(|spring| match &spring.place {
                    Place::Default(unit) => {
                        let fits = !spring.claimed || unit.namespace == plan.namespace;
                        spring.alive && spring.path == *path && fits
                    }
                    _ => false,
                });
                if let Some(index) = found {
                    if let Some(Spring { place: Place::Default(unit), claimed, .. }) = self.springs.get_mut(index) {
                        unit.namespace.clone_from(&plan.namespace);
                        *claimed = true;
                    }
                    self.made.insert(plan.key(), index);
                    return None;
                }
            }
            Work::Kustomization(_) | Work::Chart(_) => {}
        }
        // What holds the object that names it would render itself.
        (!self.is_within(spring, path)).then_some(plan)
    }

    /// What was rendered as it is from a path, unless an object deploys it so.
    fn default_of(&self, path: &Path) -> Option<usize> {
        let is = |s: &Spring| s.alive && !s.claimed && s.path == path && matches!(s.place, Place::Default(_));
        self.springs.iter().position(is)
    }

    /// What was rendered takes the place of what it was made from.
    fn take(&mut self, spring: usize, plan: &Plan, built: Built) {
        let path = &plan.spot.canonical;
        let Built { mut unit, files, folders, whole } = built;
        match &plan.work {
            Work::Folder => return,
            Work::Chart(_) => {
                self.charts.insert(path.clone());
                self.drop_where(&|s| matches!(s.place, Place::Default(_)) && !s.claimed && s.path == *path);
            }
            Work::Kustomization(_) if whole => {
                self.resolve_files();
                self.drop_where(&|s| match &s.place {
                    Place::File(_) => files.contains(&s.path),
                    Place::Default(_) => !s.claimed && (s.path == *path || folders.contains(&s.path)),
                    Place::Made(_) => false,
                });
            }
            Work::Kustomization(_) => {
                // Where it can be built as it is, what is wrong is what the object adds.
                let default = self.default_of(path).and_then(|index| self.springs.get_mut(index));
                if let Some(Spring { place: Place::Default(known), .. }) = default {
                    for new in unit.problems.drain(..) {
                        let same = |k: &ReportedProblem| k.source == new.source && k.problem == new.problem;
                        if !known.problems.iter().any(same) {
                            known.problems.push(new);
                        }
                    }
                    return;
                }
            }
        }
        let objects = objects_of(&unit);
        let index = self.spring(Some(spring), Place::Made(Box::new(unit)), path.clone(), objects);
        self.made.insert(plan.key(), index);
    }

    fn resolve_files(&mut self) {
        if std::mem::replace(&mut self.resolved, true) {
            return;
        }
        for spring in self.springs.iter_mut().filter(|spring| matches!(spring.place, Place::File(_))) {
            if let Ok(path) = fs_err::canonicalize(&spring.path) {
                spring.path = path;
            }
        }
    }

    /// What is dropped takes along what came of it.
    fn drop_where(&mut self, gone: &dyn Fn(&Spring) -> bool) {
        for index in 0..self.springs.len() {
            let Some(spring) = self.springs.get(index) else { continue };
            let parent_gone = spring.parent.and_then(|parent| self.springs.get(parent)).is_some_and(|p| !p.alive);
            let is_gone = spring.alive && (parent_gone || gone(spring));
            if is_gone && let Some(spring) = self.springs.get_mut(index) {
                spring.alive = false;
            }
        }
    }

    /// What is there in the end.
    pub(crate) fn finish(self) -> Followed {
        let mut followed = Followed {
            rendered: Vec::new(),
            consumed: BTreeSet::new(),
            namespaces: BTreeMap::new(),
            notes: Vec::new(),
        };
        let alive: Vec<bool> = self.springs.iter().map(|spring| spring.alive).collect();
        for (spring, path, namespace) in self.folders {
            if alive.get(spring) == Some(&true) {
                let known = followed.namespaces.entry(path).or_insert_with(|| namespace.clone());
                if *known != namespace {
                    *known = None;
                }
            }
        }
        for spring in self.springs {
            match spring.place {
                Place::File(number) if !spring.alive => {
                    followed.consumed.insert(number);
                }
                Place::Default(unit) | Place::Made(unit) if spring.alive => followed.rendered.push(*unit),
                _ => {}
            }
            if spring.alive {
                followed.notes.extend(spring.notes);
            }
        }
        followed.notes.sort();
        followed.notes.dedup();
        followed
    }
}

fn objects_of(unit: &RenderedUnit) -> Vec<Seen> {
    let of = |(document, origins): &(Arc<Document>, Arc<ironclad_model::Origins>)| {
        let home = if origins.is_empty() { Home::Own } else { Home::Made(Arc::clone(origins)) };
        Seen::all_of(document, &home)
    };
    unit.documents.iter().flat_map(of).collect()
}
