"""What must hold, for which regime, and what a report on compliance is made of."""

from domain.config_types.fields import (
    boolean,
    choice,
    document,
    entries,
    integer,
    section,
    string,
    titled,
)
from domain.config_types.spec import Rule, TypeSpec
from domain.documents import Document

_REGIME: Document = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"}
_REGIMES = {"type": "array", "items": _REGIME, "uniqueItems": True, "maxItems": 20}
_REQUIREMENT: Document = {
    **document(
        {
            "config_type": string(description="The type whose effective configs it speaks of."),
            "expression": {
                **string(
                    description="What must be true of each, in CEL over `this`: this.enabled && this.min_copies > 1."
                ),
                "format": "varve-expression",
                "maxLength": 900,
            },
            "message": {
                **string(description="What to tell when it is not, and what to do."),
                "minLength": 1,
                "maxLength": 500,
            },
            "regimes": {**_REGIMES, "description": "Which regimes ask for it; all of the policy's if left out."},
            "severity": {
                "type": "string",
                "enum": ["error", "warning"],
                "description": "Whether it breaks compliance (error, if left out), or is only told.",
            },
        }
    ),
    "required": ["config_type", "expression", "message"],
}

DEFINITION = TypeSpec(
    name="security_policy",
    revision=1,
    description="Passwords, access, encryption, the audit log, and what else must hold for which compliance regime.",
    mode="overlay",
    schema=titled(
        document(
            {
                "regimes": {
                    **_REGIMES,
                    "default": [],
                    "description": "The regimes that it serves: gdpr, hipaa, soc2, pci_dss, iso27001, or others.",
                },
                "password": section(
                    {
                        "min_length": integer(8, 128, default=12, description="Shortest password, in characters."),
                        "require_digit": boolean(default=False, description="Whether it must hold a digit."),
                        "require_symbol": boolean(default=False, description="Whether it must hold a symbol."),
                        "refuse_known": boolean(
                            default=True, description="Whether passwords that have leaked anywhere are refused."
                        ),
                        "max_age_days": integer(
                            0, 3650, default=0, description="After how many days it must be changed; 0 never."
                        ),
                        "lockout_attempts": integer(
                            3, 100, default=10, description="Wrong attempts in a row that lock an account."
                        ),
                        "lockout_minutes": integer(1, 1440, default=30, description="For how long, in minutes."),
                    },
                    description="What people log in with.",
                ),
                "access_control": section(
                    {
                        "mfa": choice(
                            "nobody", "admins", "everybody", default="admins", description="Who needs a second factor."
                        ),
                        "session_minutes": integer(5, 43_200, default=720, description="Longest session, in minutes."),
                        "idle_minutes": integer(
                            1,
                            1440,
                            default=30,
                            description="After how long without a request a session ends, in minutes.",
                        ),
                        "review_days": integer(
                            1, 365, default=90, description="How often it is reviewed who has which rights, in days."
                        ),
                    },
                    description="Who gets in, and for how long.",
                ),
                "encryption": section(
                    {
                        "at_rest": boolean(default=True, description="Whether what is stored is encrypted."),
                        "in_transit": boolean(default=True, description="Whether every connection is."),
                        "min_tls_version": choice("1.2", "1.3", default="1.2", description="The oldest TLS allowed."),
                        "key_rotation_days": integer(
                            1, 3650, default=365, description="How long a key is used, in days."
                        ),
                    },
                    description="What nobody else can read.",
                ),
                "audit_logging": section(
                    {
                        "enabled": boolean(default=True, description="Whether it is recorded who did what."),
                        "log_reads": boolean(default=False, description="Whether who looked at what, too."),
                        "tamper_evident": boolean(default=True, description="Whether a change of the record shows."),
                        "retention_days": integer(
                            30, 3650, default=365, description="How long the record is kept, in days."
                        ),
                    },
                    description="What is known afterwards.",
                ),
                "requirements": entries(
                    _REQUIREMENT, description="What must hold of effective configs, each under a name.", most=200
                ),
            }
        )
    ),
    rules=(
        Rule(
            name="idle_within_session",
            expression="this.access_control.idle_minutes <= this.access_control.session_minutes",
            message="access_control.idle_minutes must not be above access_control.session_minutes",
            fields=("/access_control/idle_minutes", "/access_control/session_minutes"),
        ),
        Rule(
            name="regimes_need_an_audit_log",
            expression="size(this.regimes) == 0 || this.audit_logging.enabled",
            message="a policy that serves a regime needs the audit log: switch audit_logging.enabled on",
            fields=("/audit_logging/enabled", "/regimes"),
        ),
        Rule(
            name="regimes_need_encryption",
            expression="size(this.regimes) == 0 || (this.encryption.at_rest && this.encryption.in_transit)",
            message="a policy that serves a regime encrypts: switch encryption.at_rest and encryption.in_transit on",
            fields=("/encryption/at_rest", "/encryption/in_transit", "/regimes"),
        ),
    ),
)

_ALL = ["gdpr", "hipaa", "iso27001", "pci_dss", "soc2"]
EXAMPLES = {
    "five_regimes": {
        "regimes": _ALL,
        "password": {"lockout_attempts": 6},
        "access_control": {"mfa": "everybody", "session_minutes": 480, "idle_minutes": 15},
        "audit_logging": {"log_reads": True, "retention_days": 2190},
        "requirements": {
            "providers-over-tls": {
                "config_type": "provider",
                "expression": 'this.base_url == null || this.base_url.startsWith("https://")',
                "message": "a provider is called without TLS: give base_url with https",
            },
            "personal-data-out-of-logs": {
                "regimes": ["gdpr", "hipaa"],
                "config_type": "monitoring",
                "expression": "this.logs.redact_personal_data",
                "message": "logs hold personal data: switch logs.redact_personal_data on",
            },
            "logs-forgotten": {
                "regimes": ["gdpr"],
                "config_type": "monitoring",
                "expression": "this.logs.retention_days <= 90",
                "message": "logs are kept for long: set logs.retention_days to 90 or less, or write down why not",
                "severity": "warning",
            },
            "backups-encrypted": {
                "config_type": "backup",
                "expression": "this.enabled && this.encryption_enabled",
                "message": "backups are missing, or can be read by anybody: switch enabled and encryption_enabled on",
            },
            "backups-tried": {
                "regimes": ["hipaa", "iso27001", "soc2"],
                "config_type": "backup",
                "expression": "this.verify_restore",
                "message": "nobody knows whether backups can be restored: switch verify_restore on",
            },
            "second-factor": {
                "regimes": ["pci_dss", "soc2"],
                "config_type": "security_policy",
                "expression": 'this.access_control.mfa == "everybody"',
                "message": "somebody gets in with a password alone: set access_control.mfa to everybody",
            },
            "audit-kept-six-years": {
                "regimes": ["hipaa"],
                "config_type": "security_policy",
                "expression": "this.audit_logging.retention_days >= 2190",
                "message": "the audit log is kept for less than six years: raise audit_logging.retention_days to 2190",
            },
            "tenants-apart": {
                "regimes": ["gdpr", "iso27001", "soc2"],
                "config_type": "multi_tenant",
                "expression": "!this.cross_tenant_search",
                "message": "a search finds what belongs to other tenants: switch cross_tenant_search off",
            },
            "programs-kept-in": {
                "regimes": ["iso27001", "pci_dss"],
                "config_type": "security",
                "expression": "this.sandbox && !this.allow_process_spawn",
                "message": "scripts may start programs: switch allow_process_spawn off, and sandbox on",
            },
        },
    }
}
