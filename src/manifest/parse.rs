//! Reads a manifest from text, and reports every mistake in one run, each with its position.
//!
//! [TOML 1.0](https://toml.io/en/v1.0.0) is read by the crate `toml`, which recovers from syntax errors. The tables are
//! read by hand, because a derived reader stops at the first mistake.

use toml::de::DeTable;

use super::follow_up::FollowUp;
use super::table::{Sink, Table, TextOrTable};
use super::*;
use crate::finding::{Finding, RuleInfo, Severity, quotable, sort_and_dedup};
use crate::fix;
use crate::source::Source;

/// The longest name of a component. Many findings may quote the same name.
const MAX_ID_BYTES: usize = 255;
/// The most mistakes in syntax that are listed. What comes after them is not read.
const MAX_SYNTAX_ERRORS: usize = 10_000;
/// The start of a pointer of Git LFS (its specification, docs/spec.md).
const LFS_POINTER_START: &str = "version https://git-lfs.github.com/spec/v";
/// The most other mistakes that are listed.
const MAX_FINDINGS: usize = 10_000;

/// The result of reading a manifest.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parsed {
    /// The text. If the bytes are not UTF-8, only the part before the first bad byte.
    pub source: Source,
    /// The model, as far as it could be read.
    pub manifest: Manifest,
    /// The problems of the text and its structure, in the order of their positions.
    pub findings: Vec<Finding>,
}

impl Parsed {
    /// Returns whether the text was read, so that each mistake concerns one key or value, and rules about others can run.
    pub(crate) fn is_readable(&self) -> bool {
        use diagnostics::{NOT_UTF8, SYNTAX, TOO_LARGE, UNSUPPORTED_SCHEMA};
        let stops = [&NOT_UTF8, &SYNTAX, &TOO_LARGE, &UNSUPPORTED_SCHEMA].map(|rule| rule.code);
        self.findings.iter().all(|finding| !stops.contains(&finding.rule.code))
    }

    /// Returns whether the whole text was read as text, though it may not be TOML.
    #[cfg(feature = "cli")]
    pub(crate) fn is_text(&self) -> bool {
        let stops = [&diagnostics::NOT_UTF8, &diagnostics::TOO_LARGE].map(|rule| rule.code);
        self.findings.iter().all(|finding| !stops.contains(&finding.rule.code))
    }

    /// Returns whether the manifest was read without errors, so that the rules can check it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

/// Reads a manifest from the bytes of a file or a Git object. `name` is the name that reports show.
#[must_use]
pub fn parse_bytes(name: &str, bytes: &[u8]) -> Parsed {
    if bytes.len() > MAX_MANIFEST_BYTES {
        let finding = Finding::new(
            &diagnostics::TOO_LARGE,
            Span::default(),
            format!("the manifest is {} bytes long; the limit is {MAX_MANIFEST_BYTES} bytes", bytes.len()),
        )
        .help("move long texts to separate files and list these under `documentation`");
        return Parsed { source: Source::new(name, ""), manifest: Manifest::default(), findings: vec![finding] };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(Source::new(name, text)),
        Err(error) => {
            let good = error.valid_up_to();
            let text = String::from_utf8_lossy(&bytes[..good]);
            let finding = Finding::new(
                &diagnostics::NOT_UTF8,
                (good..good).into(),
                format!("the byte {:#04x} at offset {good} is not UTF-8", bytes[good]),
            )
            .help("save the file as UTF-8");
            Parsed { source: Source::new(name, text), manifest: Manifest::default(), findings: vec![finding] }
        }
    }
}

/// Reads a manifest from text.
#[must_use]
pub fn parse(source: Source) -> Parsed {
    if source.text().starts_with(LFS_POINTER_START) {
        let message = "this is a Git LFS pointer in place of the manifest";
        let finding = Finding::new(&diagnostics::SYNTAX, Span::default(), message).help(format!(
            "fetch the file with `git lfs pull`; better, take it out of Git LFS (`git lfs untrack {FILE_NAME}`), so that it can \
             be read without"
        ));
        return Parsed { source, manifest: Manifest::default(), findings: vec![finding] };
    }
    let (end, more) = match portable::readable(source.text(), MAX_SYNTAX_ERRORS) {
        Ok(readable) => readable,
        Err(tokens) => {
            let message = format!("the manifest has {tokens} words and marks; the limit is {}", portable::MAX_TOKENS);
            let finding = Finding::new(&diagnostics::TOO_LARGE, Span::default(), message);
            return Parsed { source, manifest: Manifest::default(), findings: vec![finding] };
        }
    };
    let mut findings = portable::check(&source);
    let (document, errors) = DeTable::parse_recoverable(&source.text()[..end]);
    let errors_left = errors.len().saturating_sub(MAX_SYNTAX_ERRORS);
    findings.extend(errors.iter().take(MAX_SYNTAX_ERRORS).map(|error| {
        let end = source.text().len();
        let span = error.span().unwrap_or(end..end);
        Finding::new(&diagnostics::SYNTAX, span.into(), error.message().replace('\n', ", "))
    }));
    drop(errors);
    findings.extend(unlisted(&diagnostics::SYNTAX, errors_left + more));
    let follow_up = FollowUp::remove(&mut findings, &source);
    let sink = Sink::new(MAX_FINDINGS);
    let start = Span { start: 0, end: source.text().lines().next().map_or(0, str::len) };
    let mut manifest = manifest(Table::new(document.get_ref(), start, "the manifest", &sink), &sink);
    manifest.suppressions = comments::suppressions(source.text());
    drop(document);
    let (found, left) = sink.into_findings();
    findings.extend(found.into_iter().filter(|finding| !follow_up.includes(finding, &source)));
    findings.extend(left.and_then(|(rule, number)| unlisted(rule, number)));
    sort_and_dedup(&mut findings);
    fix::attach(&source, &mut findings);
    Parsed { source, manifest, findings }
}

/// Makes the finding that stands for those that are not listed.
fn unlisted(rule: &'static RuleInfo, number: usize) -> Option<Finding> {
    let message = format!("{number} more mistakes are not listed");
    let finding = Finding::new(rule, Span::default(), message);
    (number > 0).then(|| finding.help("correct those that are listed first"))
}

fn manifest(root: Table<'_>, sink: &Sink) -> Manifest {
    let manifest = Manifest {
        schema: schema(&root, sink),
        model: root.table("model", "`[model]`").map_or_else(|| no_model(&root, sink), model),
        licenses: root.table("licenses", "`[licenses]`").map(licenses).unwrap_or_default(),
        release: root.table("release", "`[release]`").map(release),
        claims: root.table("claims", "`[claims]`").map(claims).unwrap_or_default(),
        components: root.table("component", "`[component]`").map(components).unwrap_or_default(),
        safeguards: root.tables("safeguard", "`[[safeguard]]`", "name").into_iter().map(safeguard).collect(),
        risk: root.table("risk", "`[risk]`").map(risk),
        audits: root.tables("audit", "`[[audit]]`", "auditor").into_iter().map(audit).collect(),
        safety_case: root.table("safety-case", "`[safety-case]`").map(safety_case),
        training: root.table("training", "`[training]`").map(training),
        transparency: root.table("transparency", "`[transparency]`").map(transparency).unwrap_or_default(),
        compute: root.table("compute", "`[compute]`").map(compute),
        access: root.table("access", "`[access]`").map(access),
        access_policy: root.table("access-policy", "`[access-policy]`").map(access_policy),
        use_policy: root.table("use-policy", "`[use-policy]`").map(use_policy),
        eu: root.table("eu", "`[eu]`").map(eu),
        coverage: root.table("coverage", "`[coverage]`").map(coverage).unwrap_or_default(),
        assessments: root.table("assessment", "`[assessment]`").map(assessments).unwrap_or_default(),
        suppressions: Vec::new(),
        lints: root.table("lints", "`[lints]`").map(lints).unwrap_or_default(),
    };
    root.finish();
    manifest
}

fn no_model(root: &Table<'_>, sink: &Sink) -> Model {
    sink.push(
        Finding::new(&diagnostics::MISSING_KEY, root.header, "the manifest is missing the table `[model]`")
            .help("begin with `schema = 1`, then add `[model]` with `name`, `version` and `producer`"),
    );
    Model { header: root.header, ..Model::default() }
}

fn licenses(table: Table<'_>) -> KindLicenses {
    let licenses = KindLicenses {
        code: table.table("code", "`[licenses.code]`").map(terms_table),
        data: table.table("data", "`[licenses.data]`").map(terms_table),
        documentation: table.table("documentation", "`[licenses.documentation]`").map(terms_table),
    };
    table.finish();
    licenses
}

fn claims(table: Table<'_>) -> Vec<Claim> {
    table.scalars().into_iter().map(|(key, value)| Claim { key, value }).collect()
}

fn lints(table: Table<'_>) -> Vec<Lint> {
    let advise = |word: &str| {
        word.to_lowercase().starts_with("forbid").then(|| {
            format!(
                "`forbid` is a level of an organization: write it in `{LINTS_FILE_NAME}` at the top of the working tree; here, \
                 `deny` makes findings errors"
            )
        })
    };
    table.named_words(advise).into_iter().map(|(rule, level)| Lint { rule, level }).collect()
}

fn components(table: Table<'_>) -> Vec<Component> {
    let tables = table.named_tables(|id| format!("`[component.{}]`", quotable(id)), "openness");
    let checked = |(id, table): (Text, Table<'_>)| {
        if id.value.len() > MAX_ID_BYTES {
            let message = format!("the name of a component has {} bytes", id.value.len());
            table.malformed(id.span, message, &format!("a name has at most {MAX_ID_BYTES} bytes"));
        }
        component(id, table)
    };
    tables.into_iter().map(checked).collect()
}

fn coverage(table: Table<'_>) -> Coverage {
    let coverage = Coverage { exclude: table.texts("exclude"), reason: table.prose("reason") };
    table.finish();
    coverage
}

fn assessments(table: Table<'_>) -> Vec<Assessment> {
    let tables = table.named_tables(|id| format!("`[assessment.{}]`", quotable(id)), "source");
    tables.into_iter().map(|(id, table)| assessment(id, table)).collect()
}

fn schema(root: &Table<'_>, sink: &Sink) -> Spanned<i64> {
    let absent = Spanned::new(SCHEMA_VERSION, root.header);
    let Some(number) = root.count("schema", 1) else {
        if !root.has("schema") {
            sink.push(
                Finding::new(&diagnostics::MISSING_KEY, root.header, "the manifest is missing the key `schema`")
                    .help(format!("begin with `schema = {SCHEMA_VERSION}`")),
            );
        }
        return absent;
    };
    let version = number.map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    if version.value != SCHEMA_VERSION {
        sink.push(
            Finding::new(&diagnostics::UNSUPPORTED_SCHEMA, version.span, format!("`schema` is {}", version.value))
                .help(format!(
                    "only schema {SCHEMA_VERSION} is supported; a newer version of the program may support more"
                )),
        );
    }
    version
}

fn terms(table: &Table<'_>) -> Terms {
    Terms {
        license: table.text("license"),
        file: table.path("license-file"),
        name: table.text("license-name"),
        url: table.url("license-url"),
    }
}

fn terms_table(table: Table<'_>) -> Terms {
    let terms = terms(&table);
    table.finish();
    terms
}

fn model(table: Table<'_>) -> Model {
    let model = Model {
        header: table.header,
        name: table.required("name"),
        version: table.required("version"),
        producer: table.required("producer"),
        license: terms(&table),
        description: table.prose("description"),
        date: table.date("date", false),
        kind: table.text("type"),
        architecture: table.text("architecture"),
        treatment: table.text("treatment"),
        origin: table.text("origin"),
        contact: table.text("contact"),
        homepage: table.url("homepage"),
        repository: table.url("repository"),
        hub: table.url("hub"),
        modality: table.words("modality"),
        parameters: table.count("parameters", 1),
        languages: table.texts("languages"),
        base: table.tables("base", "an entry of `model.base`", "name").into_iter().map(base).collect(),
    };
    table.finish();
    model
}

fn base(table: Table<'_>) -> Base {
    let base = Base {
        span: table.header,
        name: table.required("name"),
        url: table.url("url"),
        relation: table.word("relation"),
        license: table.text("license"),
        digest: table.sha256("digest"),
        statement: table.sha256("statement"),
    };
    table.finish();
    base
}

fn release(table: Table<'_>) -> Release {
    let release = Release {
        header: table.header,
        access: table.required_word("access"),
        date: table.date("date", true),
        sequence: table.count("sequence", 1),
        supersedes: table.sha256("supersedes"),
        expires: table.date("expires", true),
        notes: table.prose("notes"),
        stages: table.tables("stage", "`[[release.stage]]`", "access").into_iter().map(stage).collect(),
    };
    table.finish();
    release
}

fn stage(table: Table<'_>) -> Stage {
    let stage = Stage {
        span: table.header,
        access: table.required_word("access"),
        date: table.date("date", false),
        audience: table.prose("audience"),
        criteria: table.prose("criteria"),
    };
    table.finish();
    stage
}

fn component(id: Text, table: Table<'_>) -> Component {
    let component = Component {
        id,
        openness: table.required_word("openness"),
        terms: terms(&table),
        files: table.texts("files"),
        remote: table.tables("remote", "an entry of `remote`", "url").into_iter().map(remote).collect(),
        documentation: table.texts("documentation"),
        safeguards: table.texts("safeguards"),
        reason: table.prose("reason"),
        reason_kind: table.word("reason-kind"),
        data_class: table.word("data-class"),
        released_tokens: table.count("released-tokens", 0),
        description: table.prose("description"),
    };
    table.finish();
    component
}

fn remote(table: Table<'_>) -> Remote {
    let remote = Remote {
        span: table.header,
        url: table.required_url("url"),
        sha256: table.sha256("sha256"),
        size: table.count("size", 0),
        revision: table.text("revision"),
        description: table.prose("description"),
    };
    table.finish();
    remote
}

fn evidence(table: &Table<'_>, key: &'static str) -> Option<Evidence> {
    match table.text_or_table(key, &format!("`{key}`"))? {
        TextOrTable::Text(document) => {
            Some(Evidence { span: document.span, document: Some(document), ..Evidence::default() })
        }
        TextOrTable::Table(table) => {
            let evidence = Evidence {
                span: table.header,
                document: table.text("document"),
                summary: table.prose("summary"),
                by: table.text("by"),
                date: table.date("date", false),
                status: table.word("status"),
            };
            let says_something = evidence.document.is_some() || evidence.summary.is_some() || evidence.status.is_some();
            if !says_something {
                let message = format!("`{key}` has neither a `document` nor a `summary`");
                table.malformed(
                    table.header,
                    message,
                    "link to the evidence with `document`, or describe it in `summary`",
                );
            }
            table.finish();
            Some(evidence)
        }
    }
}

fn safeguard(table: Table<'_>) -> Safeguard {
    let safeguard = Safeguard {
        span: table.header,
        name: table.required("name"),
        stage: table.required_word("stage"),
        kind: table.text("kind"),
        policy: table.text("policy"),
        independent: table.flag("independent"),
        removable: table.flag("removable"),
        files: table.texts("files"),
        license: table.text("license"),
        description: table.prose("description"),
    };
    table.finish();
    safeguard
}

fn risk(table: Table<'_>) -> Risk {
    let risk = Risk {
        header: table.header,
        date: table.date("date", true),
        document: table.text("document"),
        declared_capabilities: table.texts("declared-capabilities"),
        dangerous_capability_evaluation: evidence(&table, "dangerous-capability-evaluation"),
        fine_tuning_uplift: evidence(&table, "fine-tuning-uplift"),
        safeguard_robustness: evidence(&table, "safeguard-robustness"),
        offense_defense_effect: evidence(&table, "offense-defense-effect"),
        irreversibility_acknowledged: evidence(&table, "irreversibility-acknowledged"),
        external_review: evidence(&table, "external-review"),
        alternatives_considered: table.texts("alternatives-considered"),
        benefits: table.words("benefits"),
        alternatives: table
            .tables("alternative", "`[[risk.alternative]]`", "name")
            .into_iter()
            .map(alternative)
            .collect(),
        marginal: table.tables("marginal", "`[[risk.marginal]]`", "vector").into_iter().map(marginal_risk).collect(),
    };
    table.finish();
    risk
}

fn alternative(table: Table<'_>) -> Alternative {
    let alternative = Alternative {
        span: table.header,
        name: table.required("name"),
        serves: table.words("serves"),
        reason: table.prose("reason"),
    };
    table.finish();
    alternative
}

fn marginal_risk(table: Table<'_>) -> MarginalRisk {
    let marginal = MarginalRisk {
        span: table.header,
        vector: table.required("vector"),
        threat_identification: evidence(&table, "threat-identification"),
        existing_risk: evidence(&table, "existing-risk"),
        existing_defenses: evidence(&table, "existing-defenses"),
        marginal_risk_evidence: evidence(&table, "marginal-risk-evidence"),
        ease_of_defense: evidence(&table, "ease-of-defense"),
        uncertainty_assumptions: evidence(&table, "uncertainty-assumptions"),
    };
    table.finish();
    marginal
}

fn audit(table: Table<'_>) -> Audit {
    let audit = Audit {
        span: table.header,
        auditor: table.required("auditor"),
        access: table.words("access"),
        methods: table.texts("methods"),
        report: table.text("report"),
        date: table.date("date", false),
        independent: table.flag("independent"),
        stage: table.word("stage"),
        adversarial: table.flag("adversarial"),
        scope_justification: table.prose("scope-justification"),
        funding: table.prose("funding"),
        expertise: table.prose("expertise"),
    };
    table.finish();
    audit
}

fn safety_case(table: Table<'_>) -> SafetyCase {
    let case = SafetyCase {
        header: table.header,
        document: table.text("document"),
        scope: table.prose("scope"),
        objectives: table.prose("objectives"),
        arguments: table.prose("arguments"),
        evidence: table.prose("evidence"),
    };
    table.finish();
    case
}

fn training(table: Table<'_>) -> Training {
    let training = Training { header: table.header, disclosure: table.word("disclosure") };
    table.finish();
    training
}

fn transparency(table: Table<'_>) -> Vec<(&'static str, Text)> {
    let stated = INDICATORS.iter().filter_map(|key| Some((*key, table.prose(key)?))).collect();
    table.finish();
    stated
}

fn compute(table: Table<'_>) -> Compute {
    let compute = Compute {
        header: table.header,
        training_flop: table.number("training-flop"),
        cumulative_flop: table.number("cumulative-flop"),
        method: table.word("method"),
        error_percent: table.number("error-percent"),
        hardware: table.prose("hardware"),
        document: table.text("document"),
    };
    table.finish();
    compute
}

fn access(table: Table<'_>) -> Access {
    let access = Access {
        header: table.header,
        gating: table.word("gating"),
        price: table.word("price"),
        eligibility: table.texts("eligibility"),
        eu_disallowed: table.flag("eu-disallowed"),
        verification: table.text("verification"),
        verification_discriminates: table.flag("verification-discriminates"),
        endpoints: table.texts("endpoints"),
        api_hides_tokens: table.flag("api-hides-tokens"),
        min_hardware: table.prose("min-hardware"),
        memory_gib: table.number("memory-gib"),
        storage_gib: table.number("storage-gib"),
        software: table.prose("software"),
        contact: table.text("contact"),
    };
    table.finish();
    access
}

fn access_policy(table: Table<'_>) -> AccessPolicy {
    let policy = AccessPolicy {
        header: table.header,
        document: table.text("document"),
        capability_tests: evidence(&table, "capability-tests"),
        risk_profiles: evidence(&table, "risk-profiles"),
        pre_commitments: evidence(&table, "pre-commitments"),
        regimes: table
            .tables("regime", "`[[access-policy.regime]]`", "audience")
            .into_iter()
            .map(access_regime)
            .collect(),
    };
    table.finish();
    policy
}

fn access_regime(table: Table<'_>) -> AccessRegime {
    let regime = AccessRegime {
        span: table.header,
        audience: table.required("audience"),
        style: table.required("style"),
        aspect: table.text("aspect"),
        conditions: table.prose("conditions"),
        revocable: table.flag("revocable"),
    };
    table.finish();
    regime
}

fn use_policy(table: Table<'_>) -> UsePolicy {
    let policy = UsePolicy {
        header: table.header,
        document: table.text("document"),
        kind: table.word("kind"),
        prohibits: table.texts("prohibits"),
        competitor_clause: table.flag("competitor-clause"),
        enforcement: table.prose("enforcement"),
    };
    table.finish();
    policy
}

fn eu(table: Table<'_>) -> Eu {
    let eu = Eu {
        header: table.header,
        placed_on_market: table.date("placed-on-market", true),
        provider: table.text("provider"),
        provider_contact: table.text("provider-contact"),
        provider_established_in_eu: table.flag("provider-established-in-eu"),
        authorized_representative: table.text("authorized-representative"),
        gpai: table.flag("gpai"),
        systemic_risk: table.word("systemic-risk"),
        copyright_policy: table.text("copyright-policy"),
        training_summary: table.text("training-summary"),
        architecture_information: table.text("architecture-information"),
        modifies: table.table("modifies", "`[eu.modifies]`").map(modifies),
        monetization: table.table("monetization", "`[eu.monetization]`").map(monetization),
        form: table.table("form", "`[eu.form]`").map(eu_form),
        usage_information: table.table("usage-information", "`[eu.usage-information]`").map(usage_information),
    };
    table.finish();
    eu
}

fn eu_form(table: Table<'_>) -> EuForm {
    let form = EuForm {
        span: table.header,
        design: table.prose("design"),
        training: table.prose("training"),
        rationale: table.prose("rationale"),
        intended_uses: table.prose("intended-uses"),
        systems: table.prose("systems"),
    };
    table.finish();
    form
}

fn modifies(table: Table<'_>) -> Modifies {
    let modifies = Modifies {
        span: table.header,
        model: table.text("model"),
        modification_flop: table.number("modification-flop"),
        original_flop: table.number("original-flop"),
        original_systemic_risk: table.flag("original-systemic-risk"),
    };
    table.finish();
    modifies
}

fn monetization(table: Table<'_>) -> Monetization {
    let monetization = Monetization {
        span: table.header,
        dual_licensing: table.flag("dual-licensing"),
        mandatory_paid_support: table.flag("mandatory-paid-support"),
        mandatory_purchase_for_access: table.flag("mandatory-purchase-for-access"),
        exclusive_paid_or_ad_hosting: table.flag("exclusive-paid-or-ad-hosting"),
        personal_data_required: table.flag("personal-data-required"),
    };
    table.finish();
    monetization
}

fn usage_information(table: Table<'_>) -> UsageInformation {
    let usage = UsageInformation {
        span: table.header,
        input_modalities: table.texts("input-modalities"),
        output_modalities: table.texts("output-modalities"),
        capabilities: table.prose("capabilities"),
        limitations: table.prose("limitations"),
        integration: table.prose("integration"),
    };
    table.finish();
    usage
}

fn assessment(taxonomy: Text, table: Table<'_>) -> Assessment {
    let assessment = Assessment {
        taxonomy,
        source: table.text("source"),
        stated: table.table("stated", "`stated`").map_or_else(Vec::new, |stated| stated.scalars()),
    };
    table.finish();
    assessment
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "schema = 1\n[model]\nname = \"m\"\nversion = \"1\"\nproducer = \"p\"\n";

    fn codes(text: &str) -> Vec<&'static str> {
        parse(Source::new("OPENNESS.toml", text)).findings.iter().map(|finding| finding.rule.code).collect()
    }

    #[test]
    fn every_mistake_is_reported_in_one_run() {
        let text = format!(
            "{HEAD}vesion = \"2\"\nmodality = [\"txt\", 3]\n[component.final-weights]\nopenness = \"opne\"\nfiles = \"w\"\n\
             remote = [{{ url = \"ftp://x\", sha256 = \"AB\" }}]\n[realease]\n"
        );
        assert_eq!(codes(&text), ["OPN101", "OPN103", "OPN102", "OPN103", "OPN102", "OPN105", "OPN105", "OPN101"],);
    }

    #[test]
    fn syntax_errors_are_all_reported_and_hide_no_keys() {
        let found = codes("schema = 1\n[model]\nname = m\nversion = \nproducer = \"p\"\nproducer = \"q\"\n");
        assert_eq!(found, ["OPN001", "OPN001", "OPN001"]);
    }

    #[test]
    fn one_mistake_in_syntax_is_one_finding() {
        let text = format!(
            "{HEAD}license = \"MIT\"\n[component.training-code]\nopenness = \"open\"\nfiles = [\"a.py\"]\n\
             [component.final-weights]\nopenness = \"open\"\nfiles = [\"w\"]\n[[model.base]]\nname = \"B\"\n\
             [claims]\nosaid = false\n"
        );
        assert_eq!(codes(&text), [""; 0]);
        for (right, wrong) in [
            ("[component.final-weights]", "[component.final-weights"),
            ("[component.final-weights]", "component.final-weights]"),
            ("[component.final-weights]", "[component.final weights]"),
            ("[component.final-weights]", "[component.final-weights] x"),
            ("[component.final-weights]", "[component.training-code]"),
            ("[[model.base]]", "[[model.base]"),
            ("[[model.base]]", "[model.base]]"),
            ("[model]", "[model"),
            ("name = \"m\"", "name = \"m"),
            ("name = \"m\"", "name: \"m\""),
            ("name = \"m\"", "name = Tiny LM"),
            ("files = [\"a.py\"]", "files = [\"a.py\""),
            ("files = [\"w\"]", "files = [\"w\", \"x\""),
            ("license = \"MIT\"", "license = \"MIT\"\nlicense = \"MIT\""),
            ("license = \"MIT\"", "license = \"MIT\"\nlanguages = [\"en\""),
            ("license = \"MIT\"", "license = \"MIT\"\nbase = [{ name = \"x\""),
        ] {
            assert!(text.contains(right));
            assert_eq!(codes(&text.replacen(right, wrong, 1)), ["OPN001"], "{wrong}");
        }
        // Two mistakes are two, also after a broken header, up to which everything is read.
        let two =
            text.replace("[component.final-weights]", "[component.final-weights").replace("osaid = false", "osaid = ");
        assert_eq!(codes(&two), ["OPN001", "OPN001"]);
        let two = text.replace("[component.final-weights]", "[component.final-weights").replace("[\"a.py\"]", "1");
        assert_eq!(codes(&two), ["OPN102", "OPN001"]);
    }

    #[test]
    fn help_about_a_wrong_type_shows_the_right_form() {
        let component = "[component.training-data]\nopenness = \"open\"\n";
        for (line, help) in [
            ("remote = \"https://example.org/d\"", "`remote = [{ url = \"https://example.org/d\" }]`"),
            ("remote = [\"https://example.org/d\"]", "`{ url = \"https://example.org/d\" }`"),
            ("remote = { url = \"https://example.org/d\" }", "`remote = [{ url = \"…\" }]`"),
            ("files = \"a.csv\"", "`files = [\"a.csv\"]`"),
            ("files = [1]", "`\"1\"`"),
            ("license = [\"MIT\"]", "`\"MIT\"`"),
            ("description = 1.0", "`\"1.0\"`"),
            ("[access]\neu-disallowed = \"yes\"", "`true` or `false`, without quotes"),
            ("[compute]\ntraining-flop = \"1e24\"", "`1e24`"),
            ("[model]]", ""),
            ("[licenses]\ncode = \"MIT\"", "below the header `[licenses.code]`"),
            ("[component]\nmodel-card = \"open\"", "`openness = \"open\"` below the header `[component.model-card]`"),
            ("[claims]\nmof-1.0 = \"class-3\"", "`\"mof-1.0\" = \"class-3\"`"),
            ("[claims]\nosaid-1.0 = true", "`\"osaid-1.0\" = true`"),
            ("[claims]\nmof-1.0-strict = \"class-3\"", "`\"mof-1.0-strict\" = \"class-3\"`"),
            ("[claims]\nmof = [\"class-3\"]", "a single value"),
            ("[assessment.mof-1.0]\nsource = \"x\"", "`[assessment.\"mof-1.0\"]`"),
            ("[risk]\nfine-tuning-uplift = true", "`fine-tuning-uplift = { summary = \"…\" }`"),
        ] {
            let text = match line.starts_with('[') {
                true => format!("{HEAD}{line}\n"),
                false => format!("{HEAD}{component}{line}\n"),
            };
            let parsed = parse(Source::new("OPENNESS.toml", text.clone()));
            let found = parsed.findings[0].help.as_deref().unwrap_or_default();
            assert!(found.contains(help), "{line}: {found}");
            // The form in the help is accepted in place of the line, or of the value.
            if let Some((form, _)) = found.split('`').nth(1).and_then(|form| form.split_once(" = ").map(|_| (form, ())))
            {
                let key = form.split(" = ").next().unwrap_or_default();
                let is_whole = line.lines().last().is_some_and(|last| last.starts_with(key.trim_matches('"')));
                if is_whole && !form.contains('…') {
                    let fixed = text.replace(line.lines().last().unwrap_or_default(), form);
                    assert!(parse(Source::new("m", fixed.clone())).is_sound(), "{fixed}");
                }
            }
        }
    }

    #[test]
    fn an_empty_manifest_lists_the_missing_keys() {
        assert_eq!(codes(""), ["OPN104", "OPN104"]);
        assert_eq!(codes("schema = 1\n[model]\n"), ["OPN104", "OPN104", "OPN104"]);
        // A key with a wrong value is not reported as missing too.
        assert_eq!(codes(&HEAD.replace("schema = 1", "schema = \"1\"")), ["OPN102"]);
    }

    #[test]
    fn rejects_syntax_of_toml_1_1() {
        for (text, accepted) in [
            ("description = \"a\\\\e\"", true),
            ("description = \"\\e\"", false),
            ("description = '\\e'", true),
            ("description = \"\\x41\"", false),
            ("base = [\n  { name = \"x\" },\n]", true),
            ("base = [{ name = \"x\", }]", false),
            ("base = [{ name = \"x\",\n license = \"MIT\" }]", false),
            // A nested list ends before the table that contains it.
            ("base = [{ name = [\n\"x\",\n] }]\n", true),
            ("base = [{ name = [\"x\"],\n license = \"MIT\" }]", false),
        ] {
            let found = codes(&format!("{HEAD}{text}\n"));
            assert_eq!(!found.contains(&"OPN006"), accepted, "{text}: {found:?}");
        }
        assert!(codes("a = 07:32\n").contains(&"OPN006"));
        assert!(!codes("a = 07:32:00\n").contains(&"OPN006"));
    }

    #[test]
    fn messages_name_the_character_and_spans_point_at_it() {
        for (text, code, slice, message) in [
            ("description = \"\\e\"", "OPN006", "\\e", "the escape `\\e` requires TOML 1.1"),
            ("description = \"\\x41\"", "OPN006", "\\x", "the escape `\\x` requires TOML 1.1"),
            ("description = \"\"\"a\\n\\x41\"\"\"", "OPN006", "\\x", "the escape `\\x` requires TOML 1.1"),
            ("base = [{ name = \"x\", }]", "OPN006", "}", "a trailing comma in an inline table requires TOML 1.1"),
            ("# one\rtwo", "OPN004", "\r", "the manifest has 1 carriage return; lines must end in LF"),
            ("# \rone\rtwo", "OPN004", "\r", "the manifest has 2 carriage returns; lines must end in LF"),
            ("# a\u{202E}b", "OPN005", "\u{202E}", "the control or invisible character U+202E is not allowed"),
            ("# a\u{FEFF}b", "OPN005", "\u{FEFF}", "the control or invisible character U+FEFF is not allowed"),
            ("# a\u{85}b", "OPN005", "\u{85}", "the control or invisible character U+0085 is not allowed"),
            ("homepage = \"ftp://x\"", "OPN105", "\"ftp://x\"", "`homepage` is `ftp://x`, which is not a URL"),
            (
                "date = 2026-11-22T00:00:00Z",
                "OPN105",
                "2026-11-22T00:00:00Z",
                "`date` is `2026-11-22T00:00:00Z`, which is not a valid date",
            ),
        ] {
            let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}{text}\n")));
            let found: Vec<_> = parsed.findings.iter().filter(|finding| finding.rule.code == code).collect();
            let [finding] = found.as_slice() else { panic!("{text}: {:?}", parsed.findings) };
            assert_eq!(
                (parsed.source.slice(finding.primary.span), finding.message.as_str()),
                (slice, message),
                "{text}"
            );
        }
        let marked = parse(Source::new("OPENNESS.toml", format!("\u{FEFF}{HEAD}")));
        assert_eq!(marked.source.slice(marked.findings[0].primary.span), "\u{FEFF}");
        assert_eq!(codes(&format!("\u{FEFF}{HEAD}")), ["OPN003"]);
        assert_eq!(codes(&format!("{HEAD}# \u{7F}\n")), ["OPN001"], "one finding for one mistake");
        let mut found = codes(&format!("{HEAD}# {}\n", "\u{202E}".repeat(30)));
        found.dedup();
        assert_eq!(found, ["OPN005"]);
    }

    #[test]
    fn an_unknown_key_gets_fitting_help() {
        for (key, help) in [
            ("vesion", "did you mean `version`?"),
            ("\"$schema\"", "name the schema in a comment instead: `#:schema URL`"),
        ] {
            let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}{key} = \"x\"\n")));
            assert_eq!(parsed.findings[0].help.as_deref(), Some(help), "{key}");
        }
        let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}[coverage]\nzzzzzzzz = \"x\"\n")));
        assert_eq!(parsed.findings[0].help.as_deref(), Some("known keys: exclude, reason"));
    }

    #[test]
    fn british_spellings_lead_to_the_american_ones() {
        for (line, american) in [
            ("[component.final-weights]\nopenness = \"open\"\nlicence = \"MIT\"", "license"),
            ("[risk]\noffence-defence-effect = \"d.md\"", "offense-defense-effect"),
            ("[[risk.marginal]]\nvector = \"x\"\nexisting-defences = \"d.md\"", "existing-defenses"),
            ("[eu]\nauthorised-representative = \"x\"", "authorized-representative"),
            ("[eu.monetisation]", "monetization"),
            ("[use-policy]\nkind = \"licence-clause\"", "license-clause"),
            ("[[audit]]\nauditor = \"x\"\naccess = [\"grey-box\"]", "gray-box"),
            ("[[model.base]]\nname = \"x\"\nrelation = \"quantised\"", "quantized"),
        ] {
            let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}{line}\n")));
            let help = parsed.findings[0].help.as_deref().unwrap_or_default();
            assert!(help.starts_with(&format!("did you mean `{american}`?")), "{line}: {help}");
        }
    }

    #[test]
    fn each_inline_table_over_several_lines_is_one_finding() {
        let table = "{ name = \"x\",\n license = \"MIT\"\n }";
        for (text, count) in [(format!("base = [{table}]"), 1), (format!("base = [{table}, {table}]"), 2)] {
            let found = codes(&format!("{HEAD}{text}\n"));
            assert_eq!(found.iter().filter(|code| **code == "OPN006").count(), count, "{text}: {found:?}");
        }
    }

    #[test]
    fn evidence_needs_a_document_a_summary_or_a_status() {
        for (says, accepted) in [
            ("document = \"d.md\"", true),
            ("summary = \"none was found\"", true),
            ("status = \"absent\"", true),
            ("by = \"a lab\"", false),
        ] {
            let text = format!("{HEAD}[risk]\nexternal-review = {{ {says} }}\n");
            let parsed = parse(Source::new("OPENNESS.toml", text));
            let codes: Vec<_> = parsed.findings.iter().map(|finding| finding.rule.code).collect();
            assert_eq!(codes.contains(&"OPN105"), !accepted, "{says}: {codes:?}");
            assert!(parsed.manifest.risk.is_some_and(|risk| risk.external_review.is_some()), "{says}");
        }
        let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}[risk]\nexternal-review = \"d.md\"\n")));
        let review = parsed.manifest.risk.and_then(|risk| risk.external_review);
        let (document, span) = review.map(|review| (review.document, review.span)).unwrap_or_default();
        assert_eq!(
            (document.as_ref().map(|text| text.as_str()), parsed.source.slice(span)),
            (Some("d.md"), "\"d.md\"")
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_described() {
        for (value, described) in [
            ("1", "a number"),
            ("1.5", "a number"),
            ("true", "true or false"),
            ("2026-11-22", "a date or time"),
            ("[]", "a list"),
            ("{}", "a table"),
        ] {
            let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}contact = {value}\n")));
            assert_eq!(parsed.findings[0].message, format!("`contact` takes a string, not {described}"));
        }
        for (openness, help) in [
            ("opne", "did you mean `open`? Allowed: `open`, `partial`, `closed`, `not-applicable`"),
            ("zzzzzz", "allowed: `open`, `partial`, `closed`, `not-applicable`"),
        ] {
            let text = format!("{HEAD}[component.final-weights]\nopenness = \"{openness}\"\n");
            assert_eq!(parse(Source::new("OPENNESS.toml", text)).findings[0].help.as_deref(), Some(help));
        }
        let parsed = parse(Source::new("OPENNESS.toml", format!("{HEAD}modality = \"text\"\n")));
        assert_eq!(parsed.findings[0].message, "`modality` takes a list of words, not a string");
    }

    #[test]
    fn rejects_text_outside_the_portable_subset() {
        assert!(codes(&format!("\u{FEFF}{HEAD}")).contains(&"OPN003"));
        assert!(codes(&HEAD.replace('\n', "\r\n")).contains(&"OPN004"));
        assert!(codes(&format!("{HEAD}description = \"\u{202E}x\"\n")).contains(&"OPN005"));
        assert!(codes(&format!("# \u{202E}\n{HEAD}")).contains(&"OPN005"));
        assert!(codes(&format!("{HEAD}description = \"\\u202Ex\"\n")).contains(&"OPN005"));
        assert!(codes(&format!("{HEAD}description = \"e\\u0301\"\n")).contains(&"OPN008"));
        assert!(codes(&format!("{HEAD}# \u{0}\n")).contains(&"OPN001"));
        assert_eq!(codes(&format!("# é ü 中文\n{HEAD}")), [""; 0]);
    }

    #[test]
    fn invalid_utf8_and_oversized_input_are_one_finding_each() {
        let parsed = parse_bytes("OPENNESS.toml", b"schema = 1\n# \xff\n");
        assert_eq!(parsed.findings[0].rule.code, "OPN002");
        assert_eq!(parsed.source.position(parsed.findings[0].primary.span.start).line, 2);
        let parsed = parse_bytes("OPENNESS.toml", &vec![b'#'; MAX_MANIFEST_BYTES + 1]);
        assert_eq!(parsed.findings[0].rule.code, "OPN007");
        assert_eq!(
            parsed.findings[0].message, "the manifest is 1048577 bytes long; the limit is 1048576 bytes",
            "1 MiB, as in the manual of the rule"
        );
        assert!(
            parse_bytes("OPENNESS.toml", &[HEAD.as_bytes(), &vec![b'#'; MAX_MANIFEST_BYTES - HEAD.len()]].concat())
                .is_sound()
        );
    }

    #[test]
    fn deep_nesting_is_an_error_and_does_not_overflow() {
        assert!(codes(&format!("a = {}", "[".repeat(100_000))).contains(&"OPN001"));
        assert!(codes(&format!("a{} = 1", ".b".repeat(5_000))).contains(&"OPN001"));
    }

    #[test]
    fn rejects_numbers_out_of_range() {
        for value in ["nan", "inf", "-1.0", "99999999999999999999999999"] {
            let found = codes(&format!("{HEAD}[compute]\ntraining-flop = {value}\n"));
            assert_eq!(found.is_empty(), value.starts_with('9'), "{value}: {found:?}");
        }
        // Hexadecimal is only accepted for whole numbers.
        assert_eq!(codes(&format!("{HEAD}[compute]\ntraining-flop = 0x10\n")), ["OPN102"]);
        assert_eq!(codes(&format!("{HEAD}[compute]\ntraining-flop = 1_0\n")), [""; 0]);
        assert_eq!(codes(&format!("{HEAD}[release]\naccess = \"hosted\"\nsequence = 0\n")), ["OPN105"]);
        assert_eq!(codes(&format!("{HEAD}[release]\naccess = \"hosted\"\nsequence = 9007199254740993\n")), ["OPN105"]);
    }

    #[test]
    fn dates_are_toml_dates_or_strings_in_that_form() {
        for (date, accepted) in [
            ("2026-11-22", true),
            ("\"2026-11-22\"", true),
            ("\"2026-02-30\"", false),
            ("\"2026-11\"", false),
            ("2026-11-22T00:00:00Z", false),
        ] {
            let found = codes(&format!("{HEAD}[release]\naccess = \"hosted\"\ndate = {date}\n"));
            assert_eq!(found.is_empty(), accepted, "{date}: {found:?}");
        }
        // The date of a model may be just a month or a year.
        for (date, accepted) in [
            ("2026-11-22", true),
            ("\"2026-11\"", true),
            ("\"2026\"", true),
            ("\"202\"", false),
            ("\"2026-13\"", false),
            ("\"2026-1-1\"", false),
            ("\"20261122\"", false),
            ("\"2026-11-22T01\"", false),
        ] {
            let found = codes(&format!("{HEAD}date = {date}\n"));
            assert_eq!(found.is_empty(), accepted, "{date}: {found:?}");
        }
    }

    #[test]
    fn components_keep_the_order_of_the_text() {
        let text = format!("{HEAD}[component.b]\nopenness = \"open\"\n[component.a]\nopenness = \"closed\"\n");
        let parsed = parse(Source::new("m", text));
        let ids: Vec<&str> = parsed.manifest.components.iter().map(|component| component.id.as_str()).collect();
        assert_eq!(ids, ["b", "a"]);
        assert_eq!(parsed.source.slice(parsed.manifest.components[0].id.span), "b");
    }
}
