BEGIN TRANSACTION;
CREATE TABLE results (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	unique_hash TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	project_name TEXT NOT NULL, 
	flow_id TEXT NOT NULL, 
	data TEXT NOT NULL, 
	UNIQUE (unique_hash), 
	UNIQUE (flow_id, project_name)
);
INSERT INTO "results" VALUES(1,'728a02a436d27215020a103f309453db815b721b27c7d16fa165599bcb905a74','f4d239ee037e0dcd597897089ac02252313b3727f916de5515bdaa34679e4569','beamline','run-0','{"document_version":1,"result_type":"Result","unique_hash":"728a02a436d27215020a103f309453db815b721b27c7d16fa165599bcb905a74","content_hash":"f4d239ee037e0dcd597897089ac02252313b3727f916de5515bdaa34679e4569","project_name":"beamline","flow_id":"run-0","inputs":{"quad_k1":1.0,"scan é":0,"at":{"@lume":"datetime","local":"2026-03-01T00:00:00","zone":"Europe/Berlin","value":"2026-02-28T23:00:00.000000Z"}},"outputs":{"beam":{"@lume":"ndarray","shape":[4],"dtype":"<f8","data":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"ok":false,"x.y":{"@lume":"float","text":"nan"},"big":{"@lume":"int","text":"1180591620717411303424","value":1.1805916207174113e+21}},"flow_name":"track","flow_run_id":null,"parents":[],"package":null,"version":null,"created":{"@lume":"datetime","local":"2026-03-01T00:00:00","zone":"Europe/Berlin","value":"2026-02-28T23:00:00.000000Z"},"host":"console"}');
INSERT INTO "results" VALUES(2,'dcaf65643da3fc80bbd6bf1bcd74f149f31145ba14b19e6591479e9b6dbdcd9d','e723a2bb88a5ee3e6e7a9594d25d725e5bc004a1ab5336b9a349b11a47655ec1','beamline','run-1','{"document_version":1,"result_type":"Result","unique_hash":"dcaf65643da3fc80bbd6bf1bcd74f149f31145ba14b19e6591479e9b6dbdcd9d","content_hash":"e723a2bb88a5ee3e6e7a9594d25d725e5bc004a1ab5336b9a349b11a47655ec1","project_name":"beamline","flow_id":"run-1","inputs":{"quad_k1":1.25,"scan é":1,"at":{"@lume":"datetime","local":"2026-03-01T01:00:00","zone":"Europe/Berlin","value":"2026-03-01T00:00:00.000000Z"}},"outputs":{"beam":{"@lume":"ndarray","shape":[4],"dtype":"<f8","data":"AAAAAAAAAAAAAAAAAADwPwAAAAAAAABAAAAAAAAACEA="},"ok":true,"x.y":{"@lume":"float","text":"nan"},"big":{"@lume":"int","text":"1180591620717411303424","value":1.1805916207174113e+21}},"flow_name":"track","flow_run_id":null,"parents":[],"package":null,"version":null,"created":{"@lume":"datetime","local":"2026-03-01T01:00:00","zone":"Europe/Berlin","value":"2026-03-01T00:00:00.000000Z"},"host":"console"}');
INSERT INTO "results" VALUES(3,'5392506516aa167b792f3191b269ec4a249d0ada21ca95b22b072e11256ed57c','6a13b1d124cbe28e65d731ceaf35de7344e5614b99946302f5d264e5686c4735','beamline','run-2','{"document_version":1,"result_type":"Result","unique_hash":"5392506516aa167b792f3191b269ec4a249d0ada21ca95b22b072e11256ed57c","content_hash":"6a13b1d124cbe28e65d731ceaf35de7344e5614b99946302f5d264e5686c4735","project_name":"beamline","flow_id":"run-2","inputs":{"quad_k1":1.5,"scan é":2,"at":{"@lume":"datetime","local":"2026-03-01T02:00:00","zone":"Europe/Berlin","value":"2026-03-01T01:00:00.000000Z"}},"outputs":{"beam":{"@lume":"ndarray","shape":[4],"dtype":"<f8","data":"AAAAAAAAAAAAAAAAAAAAQAAAAAAAABBAAAAAAAAAGEA="},"ok":false,"x.y":{"@lume":"float","text":"nan"},"big":{"@lume":"int","text":"1180591620717411303424","value":1.1805916207174113e+21}},"flow_name":"track","flow_run_id":null,"parents":[],"package":null,"version":null,"created":{"@lume":"datetime","local":"2026-03-01T02:00:00","zone":"Europe/Berlin","value":"2026-03-01T01:00:00.000000Z"},"host":"console"}');
INSERT INTO "results" VALUES(4,'08c718f4cac123add4f2a3d4a5aa4d2d4fba57bba3d53a767301b2695789d7ed','76a1f31cbdb528d0f795d9091460f00ea7cdb8675da14959b0f76f8140ed33a7','other','run-0','{"document_version":1,"result_type":"Result","unique_hash":"08c718f4cac123add4f2a3d4a5aa4d2d4fba57bba3d53a767301b2695789d7ed","content_hash":"76a1f31cbdb528d0f795d9091460f00ea7cdb8675da14959b0f76f8140ed33a7","project_name":"other","flow_id":"run-0","inputs":{},"outputs":{"text":{"@lume":"str","data":"YQBi"}},"flow_name":null,"flow_run_id":null,"parents":[],"package":null,"version":null,"created":{"@lume":"datetime","local":"2026-03-01T05:00:00","zone":"Europe/Berlin","value":"2026-03-01T04:00:00.000000Z"},"host":"console"}');
CREATE TABLE results_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "results_schema" VALUES(1);
CREATE INDEX results_by_project ON results (project_name);
COMMIT;
