//! `GET /api/openapi.json`: the interface for programs, as its handlers and types declare it.

use std::sync::LazyLock;

use axum::Json;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use survey::response::Response;
use survey::{Site, Summary};
use utoipa::OpenApi;

use super::due::{Asked, Due};
use super::respondents::Forget;
use super::{admin, amend, due, export, import, ingest, metrics, public, respondents};

/// The operations. What is said of each stands at its handler.
#[derive(OpenApi)]
#[openapi(paths(
    ingest::post,
    due::post,
    respondents::get,
    respondents::delete,
    respondents::forget,
    admin::surveys,
    admin::site,
    admin::put_site,
    admin::delete_site,
    admin::summary,
    admin::responses,
    amend::patch,
    export::csv,
    export::ndjson,
    import::post,
    public::healthz,
    public::readyz,
    public::schema,
    metrics::metrics,
    admin::secret,
))]
struct Operations;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// `GET /api/openapi.json`
pub(super) async fn openapi() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

fn document() -> Value {
    let mut document = json!(Operations::openapi());
    document["info"] = json!({
        "title": "Nabz",
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "MIT OR Apache-2.0" },
    });
    document["components"] = json!({
        "schemas": schemas(),
        "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
    });
    let operations = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = operations.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations {
        // Whatever goes wrong is told in one form.
        operation["responses"]["default"] = json!({
            "description": "what went wrong, at which field, and what to do; 429 and 503 say in \
                Retry-After when to come again",
            "content": { "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" } } },
        });
    }
    document
}

/// The types as JSON Schema: those that are read as they are read, those that are answered as they
/// are answered, and the few that are made without a type.
fn schemas() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut read = SchemaGenerator::new(settings.clone());
    read.subschema_for::<Site>();
    read.subschema_for::<Response>();
    read.subschema_for::<Asked>();
    read.subschema_for::<Forget>();
    let mut answered = SchemaGenerator::new(settings.for_serialize());
    answered.subschema_for::<Summary>();
    answered.subschema_for::<Due>();
    let mut schemas = answered.take_definitions(true);
    schemas.extend(read.take_definitions(true));
    let text = json!({ "type": "string" });
    let maybe = json!({ "type": ["string", "null"] });
    let object = |required: &[&str], fields: Value| json!({ "type": "object", "required": required, "properties": fields });
    let list = json!({ "type": "array", "items": { "type": "object" } });
    schemas.extend([
        (
            "Problem".to_owned(),
            object(
                &["type", "title", "status", "detail"],
                json!({ "type": text, "title": text, "status": { "type": "integer" },
                    "detail": text, "field": text, "problems": list }),
            ),
        ),
        (
            "Posted".to_owned(),
            json!({ "anyOf": [
                { "$ref": "#/components/schemas/Response" },
                { "type": "array", "maxItems": 50,
                    "items": { "$ref": "#/components/schemas/Response" } },
            ]}),
        ),
        ("Statuses".to_owned(), list.clone()),
        ("Surveys".to_owned(), object(&["surveys"], json!({ "surveys": list }))),
        (
            "Page".to_owned(),
            object(&["responses", "next"], json!({ "responses": list, "next": maybe })),
        ),
        (
            "Person".to_owned(),
            object(
                &["site", "respondent", "responses"],
                json!({ "site": text, "respondent": text, "responses": list }),
            ),
        ),
        ("Erased".to_owned(), object(&["erased"], json!({ "erased": { "type": "integer" } }))),
        ("Secret".to_owned(), json!({ "type": "object" })),
        (
            "Amendment".to_owned(),
            object(
                &[],
                json!({ "excluded": { "type": "boolean" }, "why": maybe, "status": maybe,
                    "owner": maybe, "note": maybe, "due": maybe }),
            ),
        ),
    ]);
    schemas
}
