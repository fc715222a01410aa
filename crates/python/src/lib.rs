//! The Python border of the data plane, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use ::gateway::control::Shutdown;
use ::gateway::reloader::{Callback, Request};
use ::gateway::report::Refusal;
use ::gateway::{Configuration, Gateway as DataPlane, StartError};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

create_exception!(
    _gateway,
    GatewayError,
    PyException,
    "The data plane could not do what it was asked: args are the message and a hint."
);

fn to_python(error: &StartError) -> PyErr {
    GatewayError::new_err((error.to_string(), error.hint()))
}

/// Has a Python function answer: called with a setting's name and value, or with None twice for the files as they
/// are, it returns a configuration, or None where it has handed it over itself, or raises.
fn callback(on_reload: Py<PyAny>) -> Callback {
    Arc::new(move |request| {
        let arguments = match request {
            Request::Reload => (None, None),
            Request::Set { name, value } => (Some(name), Some(value)),
        };
        Python::attach(|py| {
            let answer = on_reload.call1(py, arguments);
            let text = answer.and_then(|text| text.extract::<Option<String>>(py));
            text.map_err(|error| error.value(py).to_string())
        })
    })
}

fn refused(refusal: &Refusal) -> PyErr {
    GatewayError::new_err((refusal.message.clone(), refusal.hint.clone()))
}

fn seconds(timeout: Option<f64>) -> PyResult<Option<Duration>> {
    timeout
        .map(Duration::try_from_secs_f64)
        .transpose()
        .map_err(|error| PyValueError::new_err(format!("timeout: {error}")))
}

/// A running data plane.
#[pyclass(frozen, module = "forebay._gateway")]
struct Gateway {
    data_plane: DataPlane,
}

#[pymethods]
impl Gateway {
    /// Listen and start the workers. `on_reload` answers the console's RELOAD and SET.
    #[staticmethod]
    #[pyo3(signature = (configuration, on_reload=None))]
    fn start(py: Python<'_>, configuration: &str, on_reload: Option<Py<PyAny>>) -> PyResult<Self> {
        let on_reload = on_reload.map(callback);
        py.detach(|| {
            let configuration = Configuration::from_json(configuration)?;
            DataPlane::start_with(configuration, on_reload)
        })
        .map(|data_plane| Self { data_plane })
        .map_err(|error| to_python(&error))
    }

    /// Where clients can connect.
    #[getter]
    fn addresses(&self) -> Vec<String> {
        self.data_plane.addresses().to_vec()
    }

    /// Exchange the configuration, all of it or nothing; what has changed, as JSON.
    fn reload(&self, py: Python<'_>, configuration: &str) -> PyResult<String> {
        py.detach(|| {
            let configuration = Configuration::from_json(configuration)?;
            self.data_plane.reload(configuration)
        })
        .map(|reloaded| reloaded.to_json())
        .map_err(|error| to_python(&error))
    }

    /// Lend no servers and close them as they are released; False when `timeout` seconds passed first.
    #[pyo3(signature = (database=None, timeout=None))]
    fn pause(
        &self,
        py: Python<'_>,
        database: Option<&str>,
        timeout: Option<f64>,
    ) -> PyResult<bool> {
        let timeout = seconds(timeout)?;
        py.detach(|| self.data_plane.pause(database, timeout)).map_err(|refusal| refused(&refusal))
    }

    /// Lend again after a pause of the same extent.
    #[pyo3(signature = (database=None))]
    fn resume(&self, py: Python<'_>, database: Option<&str>) -> PyResult<()> {
        py.detach(|| self.data_plane.resume(database)).map_err(|refusal| refused(&refusal))
    }

    /// Stop accepting, let transactions end, send idle clients away. Returns at once.
    fn drain(&self) {
        self.data_plane.drain();
    }

    /// Stop accepting and end once nobody is left: once every client has gone, or, with `servers`, once every server
    /// has been released, of which nobody gets another. Returns at once.
    #[pyo3(signature = (*, servers=false))]
    fn shut_down(&self, servers: bool) {
        let how = if servers { Shutdown::WaitForServers } else { Shutdown::WaitForClients };
        self.data_plane.context().shutdown(how);
    }

    /// Drop everything. Returns at once.
    fn stop(&self) {
        self.data_plane.stop();
    }

    /// Wait until every worker has ended; False when `timeout` seconds passed first.
    #[pyo3(signature = (timeout=None))]
    fn join(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let timeout = seconds(timeout)?;
        Ok(py.detach(|| self.data_plane.join(timeout)))
    }

    /// What is going on, as JSON.
    fn stats(&self) -> String {
        self.data_plane.statistics()
    }
}

/// The data plane of Forebay.
#[pymodule]
mod _gateway {
    #[pymodule_export]
    use super::{Gateway, GatewayError};
}
