// Generated from schemas/ by `npm run generate`. Do not edit.
// @ts-nocheck
/* eslint-disable */
export interface Validator {
  (record: unknown): boolean
  /** Of the last record, when it does not validate. */
  errors?: ReadonlyArray<{ readonly instancePath?: string; readonly message?: string }> | null
}
"use strict";
export const connectionRecord: Validator = validate20;
const schema31 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"connection.schema.json","title":"ConnectionRecord","type":"object","required":["type","ts","interval","pid","process","proto","local_ip","remote_ip","rx_bytes","tx_bytes","rx_packets","tx_packets","rx_rate","tx_rate","rx_bytes_total","tx_bytes_total"],"properties":{"type":{"const":"connection"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"interval":{"$ref":"field.schema.json#/$defs/interval"},"pid":{"$ref":"field.schema.json#/$defs/pid"},"start_time":{"$ref":"field.schema.json#/$defs/start_time"},"process":{"$ref":"field.schema.json#/$defs/process"},"user":{"$ref":"field.schema.json#/$defs/user"},"proto":{"$ref":"field.schema.json#/$defs/proto"},"local_ip":{"$ref":"field.schema.json#/$defs/ip"},"local_port":{"$ref":"field.schema.json#/$defs/port"},"remote_ip":{"$ref":"field.schema.json#/$defs/ip"},"remote_port":{"$ref":"field.schema.json#/$defs/port"},"remote_name":{"type":"string","maxLength":4096},"remote_name_source":{"type":"string","enum":["dns","sni","ptr"]},"service":{"type":"string","maxLength":64},"network":{"type":"string","maxLength":128},"state":{"$ref":"field.schema.json#/$defs/state"},"initiated":{"type":"string","enum":["in","out"]},"iface":{"$ref":"field.schema.json#/$defs/iface"},"dir":{"$ref":"field.schema.json#/$defs/dir"},"attribution":{"$ref":"field.schema.json#/$defs/attribution"},"reason":{"$ref":"field.schema.json#/$defs/reason"},"layer":{"$ref":"field.schema.json#/$defs/layer"},"rx_bytes":{"$ref":"field.schema.json#/$defs/counter"},"tx_bytes":{"$ref":"field.schema.json#/$defs/counter"},"rx_packets":{"$ref":"field.schema.json#/$defs/counter"},"tx_packets":{"$ref":"field.schema.json#/$defs/counter"},"rx_rate":{"$ref":"field.schema.json#/$defs/rate"},"tx_rate":{"$ref":"field.schema.json#/$defs/rate"},"rx_bytes_total":{"$ref":"field.schema.json#/$defs/total"},"tx_bytes_total":{"$ref":"field.schema.json#/$defs/total"},"rx_packets_total":{"$ref":"field.schema.json#/$defs/total"},"tx_packets_total":{"$ref":"field.schema.json#/$defs/total"},"rtt_us":{"$ref":"field.schema.json#/$defs/rtt_us"},"jitter_us":{"$ref":"field.schema.json#/$defs/jitter_us"},"retransmits":{"$ref":"field.schema.json#/$defs/retransmits"}}};
const schema33 = {"type":"number","minimum":-9223372036854,"maximum":9223372036854};
const schema34 = {"type":"number","minimum":0};
const schema35 = {"type":["integer","null"],"minimum":0,"maximum":4294967295};
const schema36 = {"type":["number","null"],"minimum":0};
const schema37 = {"type":"string","maxLength":4096};
const schema38 = {"type":["string","null"],"maxLength":256};
const schema39 = {"type":"string","minLength":1,"maxLength":16};
const schema40 = {"type":"string","minLength":2,"maxLength":45};
const schema41 = {"type":"integer","minimum":0,"maximum":65535};
const schema44 = {"type":"string","maxLength":32};
const schema45 = {"type":"string","maxLength":256};
const schema46 = {"type":["string","null"],"enum":["in","out","local","forward",null]};
const schema47 = {"type":"string","enum":["kernel","socket","bound","none"]};
const schema48 = {"type":"string","enum":["no_socket","closed_before_scan","other_netns","kernel","not_local","fragment","permission","ambiguous"]};
const schema49 = {"type":"string","enum":["ip","payload"]};
const schema50 = {"type":"integer","minimum":0,"maximum":9007199254740991};
const schema54 = {"type":"number","minimum":0};
const schema56 = {"type":"integer","minimum":0,"maximum":9007199254740991};
const schema60 = {"type":"integer","minimum":0,"maximum":9007199254740991};
const schema61 = {"type":"integer","minimum":0,"maximum":9007199254740991};
const schema62 = {"type":"integer","minimum":0,"maximum":9007199254740991};
const func1 = (text) => text.length;

function validate20(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="connection.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate20.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((((((((((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.interval === undefined) && (missing0 = "interval"))) || ((data.pid === undefined) && (missing0 = "pid"))) || ((data.process === undefined) && (missing0 = "process"))) || ((data.proto === undefined) && (missing0 = "proto"))) || ((data.local_ip === undefined) && (missing0 = "local_ip"))) || ((data.remote_ip === undefined) && (missing0 = "remote_ip"))) || ((data.rx_bytes === undefined) && (missing0 = "rx_bytes"))) || ((data.tx_bytes === undefined) && (missing0 = "tx_bytes"))) || ((data.rx_packets === undefined) && (missing0 = "rx_packets"))) || ((data.tx_packets === undefined) && (missing0 = "tx_packets"))) || ((data.rx_rate === undefined) && (missing0 = "rx_rate"))) || ((data.tx_rate === undefined) && (missing0 = "tx_rate"))) || ((data.rx_bytes_total === undefined) && (missing0 = "rx_bytes_total"))) || ((data.tx_bytes_total === undefined) && (missing0 = "tx_bytes_total"))){
validate20.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("connection" !== data.type){
validate20.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "connection"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate20.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate20.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate20.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.interval !== undefined){
let data2 = data.interval;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 < 0 || isNaN(data2)){
validate20.errors = [{instancePath:instancePath+"/interval",schemaPath:"field.schema.json#/$defs/interval/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/interval",schemaPath:"field.schema.json#/$defs/interval/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.pid !== undefined){
let data3 = data.pid;
const _errs8 = errors;
const _errs9 = errors;
if((!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))) && (data3 !== null)){
validate20.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/type",keyword:"type",params:{type: schema35.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs9){
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 4294967295 || isNaN(data3)){
validate20.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data3 < 0 || isNaN(data3)){
validate20.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.start_time !== undefined){
let data4 = data.start_time;
const _errs11 = errors;
const _errs12 = errors;
if((!((typeof data4 == "number") && (isFinite(data4)))) && (data4 !== null)){
validate20.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/type",keyword:"type",params:{type: schema36.type},message:"must be number,null"}];
return false;
}
if(errors === _errs12){
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 < 0 || isNaN(data4)){
validate20.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.process !== undefined){
let data5 = data.process;
const _errs14 = errors;
const _errs15 = errors;
if(errors === _errs15){
if(typeof data5 === "string"){
if(func1(data5) > 4096){
validate20.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.user !== undefined){
let data6 = data.user;
const _errs17 = errors;
const _errs18 = errors;
if((typeof data6 !== "string") && (data6 !== null)){
validate20.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/type",keyword:"type",params:{type: schema38.type},message:"must be string,null"}];
return false;
}
if(errors === _errs18){
if(typeof data6 === "string"){
if(func1(data6) > 256){
validate20.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
}
var valid0 = _errs17 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.proto !== undefined){
let data7 = data.proto;
const _errs20 = errors;
const _errs21 = errors;
if(errors === _errs21){
if(typeof data7 === "string"){
if(func1(data7) > 16){
validate20.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
else {
if(func1(data7) < 1){
validate20.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate20.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs20 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.local_ip !== undefined){
let data8 = data.local_ip;
const _errs23 = errors;
const _errs24 = errors;
if(errors === _errs24){
if(typeof data8 === "string"){
if(func1(data8) > 45){
validate20.errors = [{instancePath:instancePath+"/local_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data8) < 2){
validate20.errors = [{instancePath:instancePath+"/local_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate20.errors = [{instancePath:instancePath+"/local_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.local_port !== undefined){
let data9 = data.local_port;
const _errs26 = errors;
const _errs27 = errors;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
validate20.errors = [{instancePath:instancePath+"/local_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs27){
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 65535 || isNaN(data9)){
validate20.errors = [{instancePath:instancePath+"/local_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data9 < 0 || isNaN(data9)){
validate20.errors = [{instancePath:instancePath+"/local_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs26 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.remote_ip !== undefined){
let data10 = data.remote_ip;
const _errs29 = errors;
const _errs30 = errors;
if(errors === _errs30){
if(typeof data10 === "string"){
if(func1(data10) > 45){
validate20.errors = [{instancePath:instancePath+"/remote_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data10) < 2){
validate20.errors = [{instancePath:instancePath+"/remote_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate20.errors = [{instancePath:instancePath+"/remote_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs29 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.remote_port !== undefined){
let data11 = data.remote_port;
const _errs32 = errors;
const _errs33 = errors;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
validate20.errors = [{instancePath:instancePath+"/remote_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs33){
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 65535 || isNaN(data11)){
validate20.errors = [{instancePath:instancePath+"/remote_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data11 < 0 || isNaN(data11)){
validate20.errors = [{instancePath:instancePath+"/remote_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs32 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.remote_name !== undefined){
let data12 = data.remote_name;
const _errs35 = errors;
if(errors === _errs35){
if(typeof data12 === "string"){
if(func1(data12) > 4096){
validate20.errors = [{instancePath:instancePath+"/remote_name",schemaPath:"#/properties/remote_name/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/remote_name",schemaPath:"#/properties/remote_name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs35 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.remote_name_source !== undefined){
let data13 = data.remote_name_source;
const _errs37 = errors;
if(typeof data13 !== "string"){
validate20.errors = [{instancePath:instancePath+"/remote_name_source",schemaPath:"#/properties/remote_name_source/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!(((data13 === "dns") || (data13 === "sni")) || (data13 === "ptr"))){
validate20.errors = [{instancePath:instancePath+"/remote_name_source",schemaPath:"#/properties/remote_name_source/enum",keyword:"enum",params:{allowedValues: schema31.properties.remote_name_source.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs37 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.service !== undefined){
let data14 = data.service;
const _errs39 = errors;
if(errors === _errs39){
if(typeof data14 === "string"){
if(func1(data14) > 64){
validate20.errors = [{instancePath:instancePath+"/service",schemaPath:"#/properties/service/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/service",schemaPath:"#/properties/service/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs39 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.network !== undefined){
let data15 = data.network;
const _errs41 = errors;
if(errors === _errs41){
if(typeof data15 === "string"){
if(func1(data15) > 128){
validate20.errors = [{instancePath:instancePath+"/network",schemaPath:"#/properties/network/maxLength",keyword:"maxLength",params:{limit: 128},message:"must NOT have more than 128 characters"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/network",schemaPath:"#/properties/network/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs41 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.state !== undefined){
let data16 = data.state;
const _errs43 = errors;
const _errs44 = errors;
if(errors === _errs44){
if(typeof data16 === "string"){
if(func1(data16) > 32){
validate20.errors = [{instancePath:instancePath+"/state",schemaPath:"field.schema.json#/$defs/state/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/state",schemaPath:"field.schema.json#/$defs/state/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs43 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.initiated !== undefined){
let data17 = data.initiated;
const _errs46 = errors;
if(typeof data17 !== "string"){
validate20.errors = [{instancePath:instancePath+"/initiated",schemaPath:"#/properties/initiated/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data17 === "in") || (data17 === "out"))){
validate20.errors = [{instancePath:instancePath+"/initiated",schemaPath:"#/properties/initiated/enum",keyword:"enum",params:{allowedValues: schema31.properties.initiated.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs46 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.iface !== undefined){
let data18 = data.iface;
const _errs48 = errors;
const _errs49 = errors;
if(errors === _errs49){
if(typeof data18 === "string"){
if(func1(data18) > 256){
validate20.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs48 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dir !== undefined){
let data19 = data.dir;
const _errs51 = errors;
if((typeof data19 !== "string") && (data19 !== null)){
validate20.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/type",keyword:"type",params:{type: schema46.type},message:"must be string,null"}];
return false;
}
if(!(((((data19 === "in") || (data19 === "out")) || (data19 === "local")) || (data19 === "forward")) || (data19 === null))){
validate20.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/enum",keyword:"enum",params:{allowedValues: schema46.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs51 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.attribution !== undefined){
let data20 = data.attribution;
const _errs54 = errors;
if(typeof data20 !== "string"){
validate20.errors = [{instancePath:instancePath+"/attribution",schemaPath:"field.schema.json#/$defs/attribution/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((data20 === "kernel") || (data20 === "socket")) || (data20 === "bound")) || (data20 === "none"))){
validate20.errors = [{instancePath:instancePath+"/attribution",schemaPath:"field.schema.json#/$defs/attribution/enum",keyword:"enum",params:{allowedValues: schema47.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs54 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.reason !== undefined){
let data21 = data.reason;
const _errs57 = errors;
if(typeof data21 !== "string"){
validate20.errors = [{instancePath:instancePath+"/reason",schemaPath:"field.schema.json#/$defs/reason/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((((((data21 === "no_socket") || (data21 === "closed_before_scan")) || (data21 === "other_netns")) || (data21 === "kernel")) || (data21 === "not_local")) || (data21 === "fragment")) || (data21 === "permission")) || (data21 === "ambiguous"))){
validate20.errors = [{instancePath:instancePath+"/reason",schemaPath:"field.schema.json#/$defs/reason/enum",keyword:"enum",params:{allowedValues: schema48.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs57 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.layer !== undefined){
let data22 = data.layer;
const _errs60 = errors;
if(typeof data22 !== "string"){
validate20.errors = [{instancePath:instancePath+"/layer",schemaPath:"field.schema.json#/$defs/layer/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data22 === "ip") || (data22 === "payload"))){
validate20.errors = [{instancePath:instancePath+"/layer",schemaPath:"field.schema.json#/$defs/layer/enum",keyword:"enum",params:{allowedValues: schema49.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs60 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_bytes !== undefined){
let data23 = data.rx_bytes;
const _errs63 = errors;
const _errs64 = errors;
if(!(((typeof data23 == "number") && (!(data23 % 1) && !isNaN(data23))) && (isFinite(data23)))){
validate20.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs64){
if((typeof data23 == "number") && (isFinite(data23))){
if(data23 > 9007199254740991 || isNaN(data23)){
validate20.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data23 < 0 || isNaN(data23)){
validate20.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs63 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_bytes !== undefined){
let data24 = data.tx_bytes;
const _errs66 = errors;
const _errs67 = errors;
if(!(((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24))) && (isFinite(data24)))){
validate20.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs67){
if((typeof data24 == "number") && (isFinite(data24))){
if(data24 > 9007199254740991 || isNaN(data24)){
validate20.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data24 < 0 || isNaN(data24)){
validate20.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs66 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_packets !== undefined){
let data25 = data.rx_packets;
const _errs69 = errors;
const _errs70 = errors;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
validate20.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs70){
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 > 9007199254740991 || isNaN(data25)){
validate20.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data25 < 0 || isNaN(data25)){
validate20.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs69 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_packets !== undefined){
let data26 = data.tx_packets;
const _errs72 = errors;
const _errs73 = errors;
if(!(((typeof data26 == "number") && (!(data26 % 1) && !isNaN(data26))) && (isFinite(data26)))){
validate20.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs73){
if((typeof data26 == "number") && (isFinite(data26))){
if(data26 > 9007199254740991 || isNaN(data26)){
validate20.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data26 < 0 || isNaN(data26)){
validate20.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs72 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_rate !== undefined){
let data27 = data.rx_rate;
const _errs75 = errors;
const _errs76 = errors;
if(errors === _errs76){
if((typeof data27 == "number") && (isFinite(data27))){
if(data27 < 0 || isNaN(data27)){
validate20.errors = [{instancePath:instancePath+"/rx_rate",schemaPath:"field.schema.json#/$defs/rate/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/rx_rate",schemaPath:"field.schema.json#/$defs/rate/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs75 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_rate !== undefined){
let data28 = data.tx_rate;
const _errs78 = errors;
const _errs79 = errors;
if(errors === _errs79){
if((typeof data28 == "number") && (isFinite(data28))){
if(data28 < 0 || isNaN(data28)){
validate20.errors = [{instancePath:instancePath+"/tx_rate",schemaPath:"field.schema.json#/$defs/rate/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate20.errors = [{instancePath:instancePath+"/tx_rate",schemaPath:"field.schema.json#/$defs/rate/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs78 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_bytes_total !== undefined){
let data29 = data.rx_bytes_total;
const _errs81 = errors;
const _errs82 = errors;
if(!(((typeof data29 == "number") && (!(data29 % 1) && !isNaN(data29))) && (isFinite(data29)))){
validate20.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs82){
if((typeof data29 == "number") && (isFinite(data29))){
if(data29 > 9007199254740991 || isNaN(data29)){
validate20.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data29 < 0 || isNaN(data29)){
validate20.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs81 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_bytes_total !== undefined){
let data30 = data.tx_bytes_total;
const _errs84 = errors;
const _errs85 = errors;
if(!(((typeof data30 == "number") && (!(data30 % 1) && !isNaN(data30))) && (isFinite(data30)))){
validate20.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs85){
if((typeof data30 == "number") && (isFinite(data30))){
if(data30 > 9007199254740991 || isNaN(data30)){
validate20.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data30 < 0 || isNaN(data30)){
validate20.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs84 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_packets_total !== undefined){
let data31 = data.rx_packets_total;
const _errs87 = errors;
const _errs88 = errors;
if(!(((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31))) && (isFinite(data31)))){
validate20.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs88){
if((typeof data31 == "number") && (isFinite(data31))){
if(data31 > 9007199254740991 || isNaN(data31)){
validate20.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data31 < 0 || isNaN(data31)){
validate20.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs87 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_packets_total !== undefined){
let data32 = data.tx_packets_total;
const _errs90 = errors;
const _errs91 = errors;
if(!(((typeof data32 == "number") && (!(data32 % 1) && !isNaN(data32))) && (isFinite(data32)))){
validate20.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs91){
if((typeof data32 == "number") && (isFinite(data32))){
if(data32 > 9007199254740991 || isNaN(data32)){
validate20.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data32 < 0 || isNaN(data32)){
validate20.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs90 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rtt_us !== undefined){
let data33 = data.rtt_us;
const _errs93 = errors;
const _errs94 = errors;
if(!(((typeof data33 == "number") && (!(data33 % 1) && !isNaN(data33))) && (isFinite(data33)))){
validate20.errors = [{instancePath:instancePath+"/rtt_us",schemaPath:"field.schema.json#/$defs/rtt_us/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs94){
if((typeof data33 == "number") && (isFinite(data33))){
if(data33 > 9007199254740991 || isNaN(data33)){
validate20.errors = [{instancePath:instancePath+"/rtt_us",schemaPath:"field.schema.json#/$defs/rtt_us/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data33 < 0 || isNaN(data33)){
validate20.errors = [{instancePath:instancePath+"/rtt_us",schemaPath:"field.schema.json#/$defs/rtt_us/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs93 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.jitter_us !== undefined){
let data34 = data.jitter_us;
const _errs96 = errors;
const _errs97 = errors;
if(!(((typeof data34 == "number") && (!(data34 % 1) && !isNaN(data34))) && (isFinite(data34)))){
validate20.errors = [{instancePath:instancePath+"/jitter_us",schemaPath:"field.schema.json#/$defs/jitter_us/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs97){
if((typeof data34 == "number") && (isFinite(data34))){
if(data34 > 9007199254740991 || isNaN(data34)){
validate20.errors = [{instancePath:instancePath+"/jitter_us",schemaPath:"field.schema.json#/$defs/jitter_us/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data34 < 0 || isNaN(data34)){
validate20.errors = [{instancePath:instancePath+"/jitter_us",schemaPath:"field.schema.json#/$defs/jitter_us/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs96 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.retransmits !== undefined){
let data35 = data.retransmits;
const _errs99 = errors;
const _errs100 = errors;
if(!(((typeof data35 == "number") && (!(data35 % 1) && !isNaN(data35))) && (isFinite(data35)))){
validate20.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"field.schema.json#/$defs/retransmits/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs100){
if((typeof data35 == "number") && (isFinite(data35))){
if(data35 > 9007199254740991 || isNaN(data35)){
validate20.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"field.schema.json#/$defs/retransmits/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data35 < 0 || isNaN(data35)){
validate20.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"field.schema.json#/$defs/retransmits/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs99 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate20.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate20.errors = vErrors;
return errors === 0;
}
validate20.evaluated = {"props":{"type":true,"ts":true,"interval":true,"pid":true,"start_time":true,"process":true,"user":true,"proto":true,"local_ip":true,"local_port":true,"remote_ip":true,"remote_port":true,"remote_name":true,"remote_name_source":true,"service":true,"network":true,"state":true,"initiated":true,"iface":true,"dir":true,"attribution":true,"reason":true,"layer":true,"rx_bytes":true,"tx_bytes":true,"rx_packets":true,"tx_packets":true,"rx_rate":true,"tx_rate":true,"rx_bytes_total":true,"tx_bytes_total":true,"rx_packets_total":true,"tx_packets_total":true,"rtt_us":true,"jitter_us":true,"retransmits":true},"dynamicProps":false,"dynamicItems":false};

export const dnsRecord: Validator = validate22;
const schema63 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"dns.schema.json","title":"DnsRecord","type":"object","required":["type","ts","id","qr","opcode","answers","truncated"],"properties":{"type":{"const":"dns"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"iface":{"$ref":"field.schema.json#/$defs/iface"},"dir":{"$ref":"field.schema.json#/$defs/dir"},"ip_version":{"type":"integer","enum":[4,6]},"proto":{"$ref":"field.schema.json#/$defs/proto"},"src_ip":{"$ref":"field.schema.json#/$defs/ip"},"src_port":{"$ref":"field.schema.json#/$defs/port"},"dst_ip":{"$ref":"field.schema.json#/$defs/ip"},"dst_port":{"$ref":"field.schema.json#/$defs/port"},"service":{"type":"string","enum":["mdns","llmnr"]},"id":{"type":"integer","minimum":0,"maximum":65535},"qr":{"type":"string","enum":["query","response"]},"opcode":{"type":"string","maxLength":16},"rcode":{"type":"string","maxLength":16},"query_name":{"type":"string","maxLength":4096},"query_type":{"type":"string","maxLength":16},"answers":{"type":"array","items":{"type":"object","required":["name","type","ttl","data"],"properties":{"name":{"type":"string","maxLength":4096},"type":{"type":"string","maxLength":16},"ttl":{"type":"integer","minimum":0,"maximum":4294967295},"data":{"type":"string","maxLength":327680}}}},"truncated":{"type":"boolean"},"pid":{"$ref":"field.schema.json#/$defs/pid"},"start_time":{"$ref":"field.schema.json#/$defs/start_time"},"process":{"$ref":"field.schema.json#/$defs/process"},"user":{"$ref":"field.schema.json#/$defs/user"},"attribution":{"$ref":"field.schema.json#/$defs/attribution"},"reason":{"$ref":"field.schema.json#/$defs/reason"},"peer_pid":{"$ref":"field.schema.json#/$defs/pid"},"peer_process":{"$ref":"field.schema.json#/$defs/process"}}};

function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="dns.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate22.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.id === undefined) && (missing0 = "id"))) || ((data.qr === undefined) && (missing0 = "qr"))) || ((data.opcode === undefined) && (missing0 = "opcode"))) || ((data.answers === undefined) && (missing0 = "answers"))) || ((data.truncated === undefined) && (missing0 = "truncated"))){
validate22.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("dns" !== data.type){
validate22.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "dns"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate22.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate22.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate22.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.iface !== undefined){
let data2 = data.iface;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if(typeof data2 === "string"){
if(func1(data2) > 256){
validate22.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dir !== undefined){
let data3 = data.dir;
const _errs8 = errors;
if((typeof data3 !== "string") && (data3 !== null)){
validate22.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/type",keyword:"type",params:{type: schema46.type},message:"must be string,null"}];
return false;
}
if(!(((((data3 === "in") || (data3 === "out")) || (data3 === "local")) || (data3 === "forward")) || (data3 === null))){
validate22.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/enum",keyword:"enum",params:{allowedValues: schema46.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ip_version !== undefined){
let data4 = data.ip_version;
const _errs11 = errors;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
validate22.errors = [{instancePath:instancePath+"/ip_version",schemaPath:"#/properties/ip_version/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(!((data4 === 4) || (data4 === 6))){
validate22.errors = [{instancePath:instancePath+"/ip_version",schemaPath:"#/properties/ip_version/enum",keyword:"enum",params:{allowedValues: schema63.properties.ip_version.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.proto !== undefined){
let data5 = data.proto;
const _errs13 = errors;
const _errs14 = errors;
if(errors === _errs14){
if(typeof data5 === "string"){
if(func1(data5) > 16){
validate22.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
else {
if(func1(data5) < 1){
validate22.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate22.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs13 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.src_ip !== undefined){
let data6 = data.src_ip;
const _errs16 = errors;
const _errs17 = errors;
if(errors === _errs17){
if(typeof data6 === "string"){
if(func1(data6) > 45){
validate22.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data6) < 2){
validate22.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate22.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs16 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.src_port !== undefined){
let data7 = data.src_port;
const _errs19 = errors;
const _errs20 = errors;
if(!(((typeof data7 == "number") && (!(data7 % 1) && !isNaN(data7))) && (isFinite(data7)))){
validate22.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs20){
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 65535 || isNaN(data7)){
validate22.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data7 < 0 || isNaN(data7)){
validate22.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs19 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dst_ip !== undefined){
let data8 = data.dst_ip;
const _errs22 = errors;
const _errs23 = errors;
if(errors === _errs23){
if(typeof data8 === "string"){
if(func1(data8) > 45){
validate22.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data8) < 2){
validate22.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate22.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs22 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dst_port !== undefined){
let data9 = data.dst_port;
const _errs25 = errors;
const _errs26 = errors;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
validate22.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs26){
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 65535 || isNaN(data9)){
validate22.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data9 < 0 || isNaN(data9)){
validate22.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs25 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.service !== undefined){
let data10 = data.service;
const _errs28 = errors;
if(typeof data10 !== "string"){
validate22.errors = [{instancePath:instancePath+"/service",schemaPath:"#/properties/service/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data10 === "mdns") || (data10 === "llmnr"))){
validate22.errors = [{instancePath:instancePath+"/service",schemaPath:"#/properties/service/enum",keyword:"enum",params:{allowedValues: schema63.properties.service.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs28 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.id !== undefined){
let data11 = data.id;
const _errs30 = errors;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
validate22.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs30){
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 65535 || isNaN(data11)){
validate22.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data11 < 0 || isNaN(data11)){
validate22.errors = [{instancePath:instancePath+"/id",schemaPath:"#/properties/id/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs30 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.qr !== undefined){
let data12 = data.qr;
const _errs32 = errors;
if(typeof data12 !== "string"){
validate22.errors = [{instancePath:instancePath+"/qr",schemaPath:"#/properties/qr/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data12 === "query") || (data12 === "response"))){
validate22.errors = [{instancePath:instancePath+"/qr",schemaPath:"#/properties/qr/enum",keyword:"enum",params:{allowedValues: schema63.properties.qr.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs32 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.opcode !== undefined){
let data13 = data.opcode;
const _errs34 = errors;
if(errors === _errs34){
if(typeof data13 === "string"){
if(func1(data13) > 16){
validate22.errors = [{instancePath:instancePath+"/opcode",schemaPath:"#/properties/opcode/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/opcode",schemaPath:"#/properties/opcode/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs34 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rcode !== undefined){
let data14 = data.rcode;
const _errs36 = errors;
if(errors === _errs36){
if(typeof data14 === "string"){
if(func1(data14) > 16){
validate22.errors = [{instancePath:instancePath+"/rcode",schemaPath:"#/properties/rcode/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/rcode",schemaPath:"#/properties/rcode/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs36 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.query_name !== undefined){
let data15 = data.query_name;
const _errs38 = errors;
if(errors === _errs38){
if(typeof data15 === "string"){
if(func1(data15) > 4096){
validate22.errors = [{instancePath:instancePath+"/query_name",schemaPath:"#/properties/query_name/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/query_name",schemaPath:"#/properties/query_name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs38 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.query_type !== undefined){
let data16 = data.query_type;
const _errs40 = errors;
if(errors === _errs40){
if(typeof data16 === "string"){
if(func1(data16) > 16){
validate22.errors = [{instancePath:instancePath+"/query_type",schemaPath:"#/properties/query_type/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/query_type",schemaPath:"#/properties/query_type/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs40 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.answers !== undefined){
let data17 = data.answers;
const _errs42 = errors;
if(errors === _errs42){
if(Array.isArray(data17)){
var valid9 = true;
const len0 = data17.length;
for(let i0=0; i0<len0; i0++){
let data18 = data17[i0];
const _errs44 = errors;
if(errors === _errs44){
if(data18 && typeof data18 == "object" && !Array.isArray(data18)){
let missing1;
if(((((data18.name === undefined) && (missing1 = "name")) || ((data18.type === undefined) && (missing1 = "type"))) || ((data18.ttl === undefined) && (missing1 = "ttl"))) || ((data18.data === undefined) && (missing1 = "data"))){
validate22.errors = [{instancePath:instancePath+"/answers/" + i0,schemaPath:"#/properties/answers/items/required",keyword:"required",params:{missingProperty: missing1},message:"must have required property '"+missing1+"'"}];
return false;
}
else {
if(data18.name !== undefined){
let data19 = data18.name;
const _errs46 = errors;
if(errors === _errs46){
if(typeof data19 === "string"){
if(func1(data19) > 4096){
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/name",schemaPath:"#/properties/answers/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/name",schemaPath:"#/properties/answers/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid10 = _errs46 === errors;
}
else {
var valid10 = true;
}
if(valid10){
if(data18.type !== undefined){
let data20 = data18.type;
const _errs48 = errors;
if(errors === _errs48){
if(typeof data20 === "string"){
if(func1(data20) > 16){
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/type",schemaPath:"#/properties/answers/items/properties/type/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/type",schemaPath:"#/properties/answers/items/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid10 = _errs48 === errors;
}
else {
var valid10 = true;
}
if(valid10){
if(data18.ttl !== undefined){
let data21 = data18.ttl;
const _errs50 = errors;
if(!(((typeof data21 == "number") && (!(data21 % 1) && !isNaN(data21))) && (isFinite(data21)))){
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/ttl",schemaPath:"#/properties/answers/items/properties/ttl/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs50){
if((typeof data21 == "number") && (isFinite(data21))){
if(data21 > 4294967295 || isNaN(data21)){
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/ttl",schemaPath:"#/properties/answers/items/properties/ttl/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data21 < 0 || isNaN(data21)){
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/ttl",schemaPath:"#/properties/answers/items/properties/ttl/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid10 = _errs50 === errors;
}
else {
var valid10 = true;
}
if(valid10){
if(data18.data !== undefined){
let data22 = data18.data;
const _errs52 = errors;
if(errors === _errs52){
if(typeof data22 === "string"){
if(func1(data22) > 327680){
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/data",schemaPath:"#/properties/answers/items/properties/data/maxLength",keyword:"maxLength",params:{limit: 327680},message:"must NOT have more than 327680 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/answers/" + i0+"/data",schemaPath:"#/properties/answers/items/properties/data/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid10 = _errs52 === errors;
}
else {
var valid10 = true;
}
}
}
}
}
}
else {
validate22.errors = [{instancePath:instancePath+"/answers/" + i0,schemaPath:"#/properties/answers/items/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid9 = _errs44 === errors;
if(!valid9){
break;
}
}
}
else {
validate22.errors = [{instancePath:instancePath+"/answers",schemaPath:"#/properties/answers/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs42 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.truncated !== undefined){
const _errs54 = errors;
if(typeof data.truncated !== "boolean"){
validate22.errors = [{instancePath:instancePath+"/truncated",schemaPath:"#/properties/truncated/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs54 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.pid !== undefined){
let data24 = data.pid;
const _errs56 = errors;
const _errs57 = errors;
if((!(((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24))) && (isFinite(data24)))) && (data24 !== null)){
validate22.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/type",keyword:"type",params:{type: schema35.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs57){
if((typeof data24 == "number") && (isFinite(data24))){
if(data24 > 4294967295 || isNaN(data24)){
validate22.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data24 < 0 || isNaN(data24)){
validate22.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs56 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.start_time !== undefined){
let data25 = data.start_time;
const _errs59 = errors;
const _errs60 = errors;
if((!((typeof data25 == "number") && (isFinite(data25)))) && (data25 !== null)){
validate22.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/type",keyword:"type",params:{type: schema36.type},message:"must be number,null"}];
return false;
}
if(errors === _errs60){
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 < 0 || isNaN(data25)){
validate22.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs59 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.process !== undefined){
let data26 = data.process;
const _errs62 = errors;
const _errs63 = errors;
if(errors === _errs63){
if(typeof data26 === "string"){
if(func1(data26) > 4096){
validate22.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs62 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.user !== undefined){
let data27 = data.user;
const _errs65 = errors;
const _errs66 = errors;
if((typeof data27 !== "string") && (data27 !== null)){
validate22.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/type",keyword:"type",params:{type: schema38.type},message:"must be string,null"}];
return false;
}
if(errors === _errs66){
if(typeof data27 === "string"){
if(func1(data27) > 256){
validate22.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
}
var valid0 = _errs65 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.attribution !== undefined){
let data28 = data.attribution;
const _errs68 = errors;
if(typeof data28 !== "string"){
validate22.errors = [{instancePath:instancePath+"/attribution",schemaPath:"field.schema.json#/$defs/attribution/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((data28 === "kernel") || (data28 === "socket")) || (data28 === "bound")) || (data28 === "none"))){
validate22.errors = [{instancePath:instancePath+"/attribution",schemaPath:"field.schema.json#/$defs/attribution/enum",keyword:"enum",params:{allowedValues: schema47.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs68 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.reason !== undefined){
let data29 = data.reason;
const _errs71 = errors;
if(typeof data29 !== "string"){
validate22.errors = [{instancePath:instancePath+"/reason",schemaPath:"field.schema.json#/$defs/reason/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((((((data29 === "no_socket") || (data29 === "closed_before_scan")) || (data29 === "other_netns")) || (data29 === "kernel")) || (data29 === "not_local")) || (data29 === "fragment")) || (data29 === "permission")) || (data29 === "ambiguous"))){
validate22.errors = [{instancePath:instancePath+"/reason",schemaPath:"field.schema.json#/$defs/reason/enum",keyword:"enum",params:{allowedValues: schema48.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs71 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.peer_pid !== undefined){
let data30 = data.peer_pid;
const _errs74 = errors;
const _errs75 = errors;
if((!(((typeof data30 == "number") && (!(data30 % 1) && !isNaN(data30))) && (isFinite(data30)))) && (data30 !== null)){
validate22.errors = [{instancePath:instancePath+"/peer_pid",schemaPath:"field.schema.json#/$defs/pid/type",keyword:"type",params:{type: schema35.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs75){
if((typeof data30 == "number") && (isFinite(data30))){
if(data30 > 4294967295 || isNaN(data30)){
validate22.errors = [{instancePath:instancePath+"/peer_pid",schemaPath:"field.schema.json#/$defs/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data30 < 0 || isNaN(data30)){
validate22.errors = [{instancePath:instancePath+"/peer_pid",schemaPath:"field.schema.json#/$defs/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs74 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.peer_process !== undefined){
let data31 = data.peer_process;
const _errs77 = errors;
const _errs78 = errors;
if(errors === _errs78){
if(typeof data31 === "string"){
if(func1(data31) > 4096){
validate22.errors = [{instancePath:instancePath+"/peer_process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate22.errors = [{instancePath:instancePath+"/peer_process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs77 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate22.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate22.errors = vErrors;
return errors === 0;
}
validate22.evaluated = {"props":{"type":true,"ts":true,"iface":true,"dir":true,"ip_version":true,"proto":true,"src_ip":true,"src_port":true,"dst_ip":true,"dst_port":true,"service":true,"id":true,"qr":true,"opcode":true,"rcode":true,"query_name":true,"query_type":true,"answers":true,"truncated":true,"pid":true,"start_time":true,"process":true,"user":true,"attribution":true,"reason":true,"peer_pid":true,"peer_process":true},"dynamicProps":false,"dynamicItems":false};

export const dnsQueryRecord: Validator = validate23;
const schema80 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"dns_query.schema.json","title":"DnsQueryRecord","type":"object","required":["type","ts","pid","process","query_name","query_type","response","rcode","latency_ms","resolver"],"properties":{"type":{"const":"dns_query"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"pid":{"$ref":"field.schema.json#/$defs/pid"},"start_time":{"$ref":"field.schema.json#/$defs/start_time"},"process":{"$ref":"field.schema.json#/$defs/process"},"user":{"$ref":"field.schema.json#/$defs/user"},"query_name":{"type":"string","maxLength":4096},"query_type":{"type":"string","maxLength":16},"response":{"type":"string","maxLength":65536},"rcode":{"type":"string","maxLength":16},"latency_ms":{"type":["number","null"],"minimum":0},"resolver":{"$ref":"field.schema.json#/$defs/ip"},"iface":{"$ref":"field.schema.json#/$defs/iface"},"proto":{"$ref":"field.schema.json#/$defs/proto"},"retransmits":{"type":"integer","minimum":0,"maximum":9007199254740991},"stub":{"type":"boolean"},"service":{"type":"string","enum":["mdns","llmnr"]},"client_ip":{"$ref":"field.schema.json#/$defs/ip"},"truncated":{"type":"boolean"}}};

function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="dns_query.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate23.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.pid === undefined) && (missing0 = "pid"))) || ((data.process === undefined) && (missing0 = "process"))) || ((data.query_name === undefined) && (missing0 = "query_name"))) || ((data.query_type === undefined) && (missing0 = "query_type"))) || ((data.response === undefined) && (missing0 = "response"))) || ((data.rcode === undefined) && (missing0 = "rcode"))) || ((data.latency_ms === undefined) && (missing0 = "latency_ms"))) || ((data.resolver === undefined) && (missing0 = "resolver"))){
validate23.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("dns_query" !== data.type){
validate23.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "dns_query"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate23.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate23.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate23.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.pid !== undefined){
let data2 = data.pid;
const _errs5 = errors;
const _errs6 = errors;
if((!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))) && (data2 !== null)){
validate23.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/type",keyword:"type",params:{type: schema35.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs6){
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 4294967295 || isNaN(data2)){
validate23.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data2 < 0 || isNaN(data2)){
validate23.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.start_time !== undefined){
let data3 = data.start_time;
const _errs8 = errors;
const _errs9 = errors;
if((!((typeof data3 == "number") && (isFinite(data3)))) && (data3 !== null)){
validate23.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/type",keyword:"type",params:{type: schema36.type},message:"must be number,null"}];
return false;
}
if(errors === _errs9){
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 < 0 || isNaN(data3)){
validate23.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.process !== undefined){
let data4 = data.process;
const _errs11 = errors;
const _errs12 = errors;
if(errors === _errs12){
if(typeof data4 === "string"){
if(func1(data4) > 4096){
validate23.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate23.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.user !== undefined){
let data5 = data.user;
const _errs14 = errors;
const _errs15 = errors;
if((typeof data5 !== "string") && (data5 !== null)){
validate23.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/type",keyword:"type",params:{type: schema38.type},message:"must be string,null"}];
return false;
}
if(errors === _errs15){
if(typeof data5 === "string"){
if(func1(data5) > 256){
validate23.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.query_name !== undefined){
let data6 = data.query_name;
const _errs17 = errors;
if(errors === _errs17){
if(typeof data6 === "string"){
if(func1(data6) > 4096){
validate23.errors = [{instancePath:instancePath+"/query_name",schemaPath:"#/properties/query_name/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate23.errors = [{instancePath:instancePath+"/query_name",schemaPath:"#/properties/query_name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs17 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.query_type !== undefined){
let data7 = data.query_type;
const _errs19 = errors;
if(errors === _errs19){
if(typeof data7 === "string"){
if(func1(data7) > 16){
validate23.errors = [{instancePath:instancePath+"/query_type",schemaPath:"#/properties/query_type/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
}
else {
validate23.errors = [{instancePath:instancePath+"/query_type",schemaPath:"#/properties/query_type/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs19 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.response !== undefined){
let data8 = data.response;
const _errs21 = errors;
if(errors === _errs21){
if(typeof data8 === "string"){
if(func1(data8) > 65536){
validate23.errors = [{instancePath:instancePath+"/response",schemaPath:"#/properties/response/maxLength",keyword:"maxLength",params:{limit: 65536},message:"must NOT have more than 65536 characters"}];
return false;
}
}
else {
validate23.errors = [{instancePath:instancePath+"/response",schemaPath:"#/properties/response/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs21 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rcode !== undefined){
let data9 = data.rcode;
const _errs23 = errors;
if(errors === _errs23){
if(typeof data9 === "string"){
if(func1(data9) > 16){
validate23.errors = [{instancePath:instancePath+"/rcode",schemaPath:"#/properties/rcode/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
}
else {
validate23.errors = [{instancePath:instancePath+"/rcode",schemaPath:"#/properties/rcode/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.latency_ms !== undefined){
let data10 = data.latency_ms;
const _errs25 = errors;
if((!((typeof data10 == "number") && (isFinite(data10)))) && (data10 !== null)){
validate23.errors = [{instancePath:instancePath+"/latency_ms",schemaPath:"#/properties/latency_ms/type",keyword:"type",params:{type: schema80.properties.latency_ms.type},message:"must be number,null"}];
return false;
}
if(errors === _errs25){
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 < 0 || isNaN(data10)){
validate23.errors = [{instancePath:instancePath+"/latency_ms",schemaPath:"#/properties/latency_ms/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs25 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.resolver !== undefined){
let data11 = data.resolver;
const _errs27 = errors;
const _errs28 = errors;
if(errors === _errs28){
if(typeof data11 === "string"){
if(func1(data11) > 45){
validate23.errors = [{instancePath:instancePath+"/resolver",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data11) < 2){
validate23.errors = [{instancePath:instancePath+"/resolver",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate23.errors = [{instancePath:instancePath+"/resolver",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs27 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.iface !== undefined){
let data12 = data.iface;
const _errs30 = errors;
const _errs31 = errors;
if(errors === _errs31){
if(typeof data12 === "string"){
if(func1(data12) > 256){
validate23.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate23.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs30 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.proto !== undefined){
let data13 = data.proto;
const _errs33 = errors;
const _errs34 = errors;
if(errors === _errs34){
if(typeof data13 === "string"){
if(func1(data13) > 16){
validate23.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
else {
if(func1(data13) < 1){
validate23.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate23.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs33 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.retransmits !== undefined){
let data14 = data.retransmits;
const _errs36 = errors;
if(!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))){
validate23.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"#/properties/retransmits/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs36){
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 9007199254740991 || isNaN(data14)){
validate23.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"#/properties/retransmits/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data14 < 0 || isNaN(data14)){
validate23.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"#/properties/retransmits/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs36 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.stub !== undefined){
const _errs38 = errors;
if(typeof data.stub !== "boolean"){
validate23.errors = [{instancePath:instancePath+"/stub",schemaPath:"#/properties/stub/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs38 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.service !== undefined){
let data16 = data.service;
const _errs40 = errors;
if(typeof data16 !== "string"){
validate23.errors = [{instancePath:instancePath+"/service",schemaPath:"#/properties/service/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data16 === "mdns") || (data16 === "llmnr"))){
validate23.errors = [{instancePath:instancePath+"/service",schemaPath:"#/properties/service/enum",keyword:"enum",params:{allowedValues: schema80.properties.service.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs40 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.client_ip !== undefined){
let data17 = data.client_ip;
const _errs42 = errors;
const _errs43 = errors;
if(errors === _errs43){
if(typeof data17 === "string"){
if(func1(data17) > 45){
validate23.errors = [{instancePath:instancePath+"/client_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data17) < 2){
validate23.errors = [{instancePath:instancePath+"/client_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate23.errors = [{instancePath:instancePath+"/client_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs42 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.truncated !== undefined){
const _errs45 = errors;
if(typeof data.truncated !== "boolean"){
validate23.errors = [{instancePath:instancePath+"/truncated",schemaPath:"#/properties/truncated/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs45 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate23.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate23.errors = vErrors;
return errors === 0;
}
validate23.evaluated = {"props":{"type":true,"ts":true,"pid":true,"start_time":true,"process":true,"user":true,"query_name":true,"query_type":true,"response":true,"rcode":true,"latency_ms":true,"resolver":true,"iface":true,"proto":true,"retransmits":true,"stub":true,"service":true,"client_ip":true,"truncated":true},"dynamicProps":false,"dynamicItems":false};

export const helloRecord: Validator = validate24;
const schema90 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"hello.schema.json","title":"HelloRecord","type":"object","required":["type","ts","tool","version","schema","method","degraded"],"properties":{"type":{"const":"hello"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"tool":{"type":"string","maxLength":64},"version":{"type":"string","maxLength":64},"schema":{"type":"integer","minimum":1,"maximum":9007199254740991},"host":{"type":"string","maxLength":256},"boot_id":{"type":"string","maxLength":64},"os":{"type":"string","maxLength":32},"kernel":{"type":"string","maxLength":256},"interfaces":{"type":"array","items":{"type":"object","required":["name","index","mtu","addresses"],"properties":{"name":{"$ref":"field.schema.json#/$defs/iface"},"index":{"type":"integer","minimum":0,"maximum":9007199254740991},"mtu":{"type":"integer","minimum":0,"maximum":9007199254740991},"addresses":{"type":"array","items":{"$ref":"field.schema.json#/$defs/ip"}}}}},"method":{"$ref":"field.schema.json#/$defs/method"},"degraded":{"$ref":"field.schema.json#/$defs/degraded"},"stages":{"type":"array","items":{"type":"object","required":["tool","version"],"properties":{"tool":{"type":"string","maxLength":64},"version":{"type":"string","maxLength":64}}}},"netns":{"type":"string","maxLength":20}}};
const schema94 = {"type":"string","maxLength":64};
const schema95 = {"type":"array","items":{"type":"string","maxLength":4096}};

function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="hello.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate24.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.tool === undefined) && (missing0 = "tool"))) || ((data.version === undefined) && (missing0 = "version"))) || ((data.schema === undefined) && (missing0 = "schema"))) || ((data.method === undefined) && (missing0 = "method"))) || ((data.degraded === undefined) && (missing0 = "degraded"))){
validate24.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("hello" !== data.type){
validate24.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "hello"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate24.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate24.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate24.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tool !== undefined){
let data2 = data.tool;
const _errs5 = errors;
if(errors === _errs5){
if(typeof data2 === "string"){
if(func1(data2) > 64){
validate24.errors = [{instancePath:instancePath+"/tool",schemaPath:"#/properties/tool/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/tool",schemaPath:"#/properties/tool/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.version !== undefined){
let data3 = data.version;
const _errs7 = errors;
if(errors === _errs7){
if(typeof data3 === "string"){
if(func1(data3) > 64){
validate24.errors = [{instancePath:instancePath+"/version",schemaPath:"#/properties/version/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/version",schemaPath:"#/properties/version/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs7 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.schema !== undefined){
let data4 = data.schema;
const _errs9 = errors;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
validate24.errors = [{instancePath:instancePath+"/schema",schemaPath:"#/properties/schema/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs9){
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 9007199254740991 || isNaN(data4)){
validate24.errors = [{instancePath:instancePath+"/schema",schemaPath:"#/properties/schema/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data4 < 1 || isNaN(data4)){
validate24.errors = [{instancePath:instancePath+"/schema",schemaPath:"#/properties/schema/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"}];
return false;
}
}
}
}
var valid0 = _errs9 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.host !== undefined){
let data5 = data.host;
const _errs11 = errors;
if(errors === _errs11){
if(typeof data5 === "string"){
if(func1(data5) > 256){
validate24.errors = [{instancePath:instancePath+"/host",schemaPath:"#/properties/host/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/host",schemaPath:"#/properties/host/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.boot_id !== undefined){
let data6 = data.boot_id;
const _errs13 = errors;
if(errors === _errs13){
if(typeof data6 === "string"){
if(func1(data6) > 64){
validate24.errors = [{instancePath:instancePath+"/boot_id",schemaPath:"#/properties/boot_id/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/boot_id",schemaPath:"#/properties/boot_id/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs13 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.os !== undefined){
let data7 = data.os;
const _errs15 = errors;
if(errors === _errs15){
if(typeof data7 === "string"){
if(func1(data7) > 32){
validate24.errors = [{instancePath:instancePath+"/os",schemaPath:"#/properties/os/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/os",schemaPath:"#/properties/os/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs15 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.kernel !== undefined){
let data8 = data.kernel;
const _errs17 = errors;
if(errors === _errs17){
if(typeof data8 === "string"){
if(func1(data8) > 256){
validate24.errors = [{instancePath:instancePath+"/kernel",schemaPath:"#/properties/kernel/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/kernel",schemaPath:"#/properties/kernel/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs17 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.interfaces !== undefined){
let data9 = data.interfaces;
const _errs19 = errors;
if(errors === _errs19){
if(Array.isArray(data9)){
var valid2 = true;
const len0 = data9.length;
for(let i0=0; i0<len0; i0++){
let data10 = data9[i0];
const _errs21 = errors;
if(errors === _errs21){
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
let missing1;
if(((((data10.name === undefined) && (missing1 = "name")) || ((data10.index === undefined) && (missing1 = "index"))) || ((data10.mtu === undefined) && (missing1 = "mtu"))) || ((data10.addresses === undefined) && (missing1 = "addresses"))){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0,schemaPath:"#/properties/interfaces/items/required",keyword:"required",params:{missingProperty: missing1},message:"must have required property '"+missing1+"'"}];
return false;
}
else {
if(data10.name !== undefined){
let data11 = data10.name;
const _errs23 = errors;
const _errs24 = errors;
if(errors === _errs24){
if(typeof data11 === "string"){
if(func1(data11) > 256){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/name",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/name",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid3 = _errs23 === errors;
}
else {
var valid3 = true;
}
if(valid3){
if(data10.index !== undefined){
let data12 = data10.index;
const _errs26 = errors;
if(!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/index",schemaPath:"#/properties/interfaces/items/properties/index/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs26){
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 9007199254740991 || isNaN(data12)){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/index",schemaPath:"#/properties/interfaces/items/properties/index/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data12 < 0 || isNaN(data12)){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/index",schemaPath:"#/properties/interfaces/items/properties/index/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid3 = _errs26 === errors;
}
else {
var valid3 = true;
}
if(valid3){
if(data10.mtu !== undefined){
let data13 = data10.mtu;
const _errs28 = errors;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/mtu",schemaPath:"#/properties/interfaces/items/properties/mtu/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs28){
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 9007199254740991 || isNaN(data13)){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/mtu",schemaPath:"#/properties/interfaces/items/properties/mtu/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data13 < 0 || isNaN(data13)){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/mtu",schemaPath:"#/properties/interfaces/items/properties/mtu/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid3 = _errs28 === errors;
}
else {
var valid3 = true;
}
if(valid3){
if(data10.addresses !== undefined){
let data14 = data10.addresses;
const _errs30 = errors;
if(errors === _errs30){
if(Array.isArray(data14)){
var valid5 = true;
const len1 = data14.length;
for(let i1=0; i1<len1; i1++){
let data15 = data14[i1];
const _errs32 = errors;
const _errs33 = errors;
if(errors === _errs33){
if(typeof data15 === "string"){
if(func1(data15) > 45){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/addresses/" + i1,schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data15) < 2){
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/addresses/" + i1,schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/addresses/" + i1,schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid5 = _errs32 === errors;
if(!valid5){
break;
}
}
}
else {
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0+"/addresses",schemaPath:"#/properties/interfaces/items/properties/addresses/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid3 = _errs30 === errors;
}
else {
var valid3 = true;
}
}
}
}
}
}
else {
validate24.errors = [{instancePath:instancePath+"/interfaces/" + i0,schemaPath:"#/properties/interfaces/items/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid2 = _errs21 === errors;
if(!valid2){
break;
}
}
}
else {
validate24.errors = [{instancePath:instancePath+"/interfaces",schemaPath:"#/properties/interfaces/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs19 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.method !== undefined){
let data16 = data.method;
const _errs35 = errors;
const _errs36 = errors;
if(errors === _errs36){
if(typeof data16 === "string"){
if(func1(data16) > 64){
validate24.errors = [{instancePath:instancePath+"/method",schemaPath:"field.schema.json#/$defs/method/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/method",schemaPath:"field.schema.json#/$defs/method/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs35 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.degraded !== undefined){
let data17 = data.degraded;
const _errs38 = errors;
const _errs39 = errors;
if(errors === _errs39){
if(Array.isArray(data17)){
var valid9 = true;
const len2 = data17.length;
for(let i2=0; i2<len2; i2++){
let data18 = data17[i2];
const _errs41 = errors;
if(errors === _errs41){
if(typeof data18 === "string"){
if(func1(data18) > 4096){
validate24.errors = [{instancePath:instancePath+"/degraded/" + i2,schemaPath:"field.schema.json#/$defs/degraded/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/degraded/" + i2,schemaPath:"field.schema.json#/$defs/degraded/items/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid9 = _errs41 === errors;
if(!valid9){
break;
}
}
}
else {
validate24.errors = [{instancePath:instancePath+"/degraded",schemaPath:"field.schema.json#/$defs/degraded/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs38 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.stages !== undefined){
let data19 = data.stages;
const _errs43 = errors;
if(errors === _errs43){
if(Array.isArray(data19)){
var valid10 = true;
const len3 = data19.length;
for(let i3=0; i3<len3; i3++){
let data20 = data19[i3];
const _errs45 = errors;
if(errors === _errs45){
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
let missing2;
if(((data20.tool === undefined) && (missing2 = "tool")) || ((data20.version === undefined) && (missing2 = "version"))){
validate24.errors = [{instancePath:instancePath+"/stages/" + i3,schemaPath:"#/properties/stages/items/required",keyword:"required",params:{missingProperty: missing2},message:"must have required property '"+missing2+"'"}];
return false;
}
else {
if(data20.tool !== undefined){
let data21 = data20.tool;
const _errs47 = errors;
if(errors === _errs47){
if(typeof data21 === "string"){
if(func1(data21) > 64){
validate24.errors = [{instancePath:instancePath+"/stages/" + i3+"/tool",schemaPath:"#/properties/stages/items/properties/tool/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/stages/" + i3+"/tool",schemaPath:"#/properties/stages/items/properties/tool/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid11 = _errs47 === errors;
}
else {
var valid11 = true;
}
if(valid11){
if(data20.version !== undefined){
let data22 = data20.version;
const _errs49 = errors;
if(errors === _errs49){
if(typeof data22 === "string"){
if(func1(data22) > 64){
validate24.errors = [{instancePath:instancePath+"/stages/" + i3+"/version",schemaPath:"#/properties/stages/items/properties/version/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/stages/" + i3+"/version",schemaPath:"#/properties/stages/items/properties/version/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid11 = _errs49 === errors;
}
else {
var valid11 = true;
}
}
}
}
else {
validate24.errors = [{instancePath:instancePath+"/stages/" + i3,schemaPath:"#/properties/stages/items/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid10 = _errs45 === errors;
if(!valid10){
break;
}
}
}
else {
validate24.errors = [{instancePath:instancePath+"/stages",schemaPath:"#/properties/stages/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs43 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.netns !== undefined){
let data23 = data.netns;
const _errs51 = errors;
if(errors === _errs51){
if(typeof data23 === "string"){
if(func1(data23) > 20){
validate24.errors = [{instancePath:instancePath+"/netns",schemaPath:"#/properties/netns/maxLength",keyword:"maxLength",params:{limit: 20},message:"must NOT have more than 20 characters"}];
return false;
}
}
else {
validate24.errors = [{instancePath:instancePath+"/netns",schemaPath:"#/properties/netns/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs51 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate24.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate24.errors = vErrors;
return errors === 0;
}
validate24.evaluated = {"props":{"type":true,"ts":true,"tool":true,"version":true,"schema":true,"host":true,"boot_id":true,"os":true,"kernel":true,"interfaces":true,"method":true,"degraded":true,"stages":true,"netns":true},"dynamicProps":false,"dynamicItems":false};

export const interfaceRecord: Validator = validate25;
const schema96 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"interface.schema.json","title":"InterfaceRecord","type":"object","required":["type","ts","name","up"],"properties":{"type":{"const":"interface"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"interval":{"$ref":"field.schema.json#/$defs/interval"},"name":{"$ref":"field.schema.json#/$defs/iface"},"up":{"type":"boolean"},"mtu":{"type":"integer","minimum":0,"maximum":9007199254740991},"kind":{"type":"string","enum":["physical","tunnel","bridge","loopback","virtual"]},"addresses":{"type":"array","items":{"$ref":"field.schema.json#/$defs/ip"}},"dns_servers":{"type":"array","items":{"$ref":"field.schema.json#/$defs/ip"}},"search_domains":{"type":"array","items":{"type":"string","maxLength":4096}},"carried_by":{"type":"array","items":{"type":"object","required":["pid","process"],"properties":{"pid":{"type":"integer","minimum":0,"maximum":4294967295},"start_time":{"$ref":"field.schema.json#/$defs/start_time"},"process":{"$ref":"field.schema.json#/$defs/process"}}}},"rx_bytes":{"$ref":"field.schema.json#/$defs/counter"},"tx_bytes":{"$ref":"field.schema.json#/$defs/counter"},"rx_packets":{"$ref":"field.schema.json#/$defs/counter"},"tx_packets":{"$ref":"field.schema.json#/$defs/counter"},"rx_rate":{"$ref":"field.schema.json#/$defs/rate"},"tx_rate":{"$ref":"field.schema.json#/$defs/rate"},"rx_bytes_total":{"$ref":"field.schema.json#/$defs/total"},"tx_bytes_total":{"$ref":"field.schema.json#/$defs/total"},"rx_packets_total":{"$ref":"field.schema.json#/$defs/total"},"tx_packets_total":{"$ref":"field.schema.json#/$defs/total"},"rx_errors":{"$ref":"field.schema.json#/$defs/counter"},"tx_errors":{"$ref":"field.schema.json#/$defs/counter"},"rx_dropped":{"$ref":"field.schema.json#/$defs/counter"},"tx_dropped":{"$ref":"field.schema.json#/$defs/counter"}}};

function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="interface.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate25.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.name === undefined) && (missing0 = "name"))) || ((data.up === undefined) && (missing0 = "up"))){
validate25.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("interface" !== data.type){
validate25.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "interface"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate25.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate25.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate25.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.interval !== undefined){
let data2 = data.interval;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 < 0 || isNaN(data2)){
validate25.errors = [{instancePath:instancePath+"/interval",schemaPath:"field.schema.json#/$defs/interval/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate25.errors = [{instancePath:instancePath+"/interval",schemaPath:"field.schema.json#/$defs/interval/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.name !== undefined){
let data3 = data.name;
const _errs8 = errors;
const _errs9 = errors;
if(errors === _errs9){
if(typeof data3 === "string"){
if(func1(data3) > 256){
validate25.errors = [{instancePath:instancePath+"/name",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate25.errors = [{instancePath:instancePath+"/name",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.up !== undefined){
const _errs11 = errors;
if(typeof data.up !== "boolean"){
validate25.errors = [{instancePath:instancePath+"/up",schemaPath:"#/properties/up/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.mtu !== undefined){
let data5 = data.mtu;
const _errs13 = errors;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
validate25.errors = [{instancePath:instancePath+"/mtu",schemaPath:"#/properties/mtu/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs13){
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 9007199254740991 || isNaN(data5)){
validate25.errors = [{instancePath:instancePath+"/mtu",schemaPath:"#/properties/mtu/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data5 < 0 || isNaN(data5)){
validate25.errors = [{instancePath:instancePath+"/mtu",schemaPath:"#/properties/mtu/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs13 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.kind !== undefined){
let data6 = data.kind;
const _errs15 = errors;
if(typeof data6 !== "string"){
validate25.errors = [{instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!(((((data6 === "physical") || (data6 === "tunnel")) || (data6 === "bridge")) || (data6 === "loopback")) || (data6 === "virtual"))){
validate25.errors = [{instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/enum",keyword:"enum",params:{allowedValues: schema96.properties.kind.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs15 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.addresses !== undefined){
let data7 = data.addresses;
const _errs17 = errors;
if(errors === _errs17){
if(Array.isArray(data7)){
var valid4 = true;
const len0 = data7.length;
for(let i0=0; i0<len0; i0++){
let data8 = data7[i0];
const _errs19 = errors;
const _errs20 = errors;
if(errors === _errs20){
if(typeof data8 === "string"){
if(func1(data8) > 45){
validate25.errors = [{instancePath:instancePath+"/addresses/" + i0,schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data8) < 2){
validate25.errors = [{instancePath:instancePath+"/addresses/" + i0,schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate25.errors = [{instancePath:instancePath+"/addresses/" + i0,schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid4 = _errs19 === errors;
if(!valid4){
break;
}
}
}
else {
validate25.errors = [{instancePath:instancePath+"/addresses",schemaPath:"#/properties/addresses/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs17 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dns_servers !== undefined){
let data9 = data.dns_servers;
const _errs22 = errors;
if(errors === _errs22){
if(Array.isArray(data9)){
var valid6 = true;
const len1 = data9.length;
for(let i1=0; i1<len1; i1++){
let data10 = data9[i1];
const _errs24 = errors;
const _errs25 = errors;
if(errors === _errs25){
if(typeof data10 === "string"){
if(func1(data10) > 45){
validate25.errors = [{instancePath:instancePath+"/dns_servers/" + i1,schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data10) < 2){
validate25.errors = [{instancePath:instancePath+"/dns_servers/" + i1,schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate25.errors = [{instancePath:instancePath+"/dns_servers/" + i1,schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid6 = _errs24 === errors;
if(!valid6){
break;
}
}
}
else {
validate25.errors = [{instancePath:instancePath+"/dns_servers",schemaPath:"#/properties/dns_servers/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs22 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.search_domains !== undefined){
let data11 = data.search_domains;
const _errs27 = errors;
if(errors === _errs27){
if(Array.isArray(data11)){
var valid8 = true;
const len2 = data11.length;
for(let i2=0; i2<len2; i2++){
let data12 = data11[i2];
const _errs29 = errors;
if(errors === _errs29){
if(typeof data12 === "string"){
if(func1(data12) > 4096){
validate25.errors = [{instancePath:instancePath+"/search_domains/" + i2,schemaPath:"#/properties/search_domains/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate25.errors = [{instancePath:instancePath+"/search_domains/" + i2,schemaPath:"#/properties/search_domains/items/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid8 = _errs29 === errors;
if(!valid8){
break;
}
}
}
else {
validate25.errors = [{instancePath:instancePath+"/search_domains",schemaPath:"#/properties/search_domains/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs27 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.carried_by !== undefined){
let data13 = data.carried_by;
const _errs31 = errors;
if(errors === _errs31){
if(Array.isArray(data13)){
var valid9 = true;
const len3 = data13.length;
for(let i3=0; i3<len3; i3++){
let data14 = data13[i3];
const _errs33 = errors;
if(errors === _errs33){
if(data14 && typeof data14 == "object" && !Array.isArray(data14)){
let missing1;
if(((data14.pid === undefined) && (missing1 = "pid")) || ((data14.process === undefined) && (missing1 = "process"))){
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3,schemaPath:"#/properties/carried_by/items/required",keyword:"required",params:{missingProperty: missing1},message:"must have required property '"+missing1+"'"}];
return false;
}
else {
if(data14.pid !== undefined){
let data15 = data14.pid;
const _errs35 = errors;
if(!(((typeof data15 == "number") && (!(data15 % 1) && !isNaN(data15))) && (isFinite(data15)))){
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3+"/pid",schemaPath:"#/properties/carried_by/items/properties/pid/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs35){
if((typeof data15 == "number") && (isFinite(data15))){
if(data15 > 4294967295 || isNaN(data15)){
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3+"/pid",schemaPath:"#/properties/carried_by/items/properties/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data15 < 0 || isNaN(data15)){
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3+"/pid",schemaPath:"#/properties/carried_by/items/properties/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid10 = _errs35 === errors;
}
else {
var valid10 = true;
}
if(valid10){
if(data14.start_time !== undefined){
let data16 = data14.start_time;
const _errs37 = errors;
const _errs38 = errors;
if((!((typeof data16 == "number") && (isFinite(data16)))) && (data16 !== null)){
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/type",keyword:"type",params:{type: schema36.type},message:"must be number,null"}];
return false;
}
if(errors === _errs38){
if((typeof data16 == "number") && (isFinite(data16))){
if(data16 < 0 || isNaN(data16)){
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid10 = _errs37 === errors;
}
else {
var valid10 = true;
}
if(valid10){
if(data14.process !== undefined){
let data17 = data14.process;
const _errs40 = errors;
const _errs41 = errors;
if(errors === _errs41){
if(typeof data17 === "string"){
if(func1(data17) > 4096){
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3+"/process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3+"/process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid10 = _errs40 === errors;
}
else {
var valid10 = true;
}
}
}
}
}
else {
validate25.errors = [{instancePath:instancePath+"/carried_by/" + i3,schemaPath:"#/properties/carried_by/items/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid9 = _errs33 === errors;
if(!valid9){
break;
}
}
}
else {
validate25.errors = [{instancePath:instancePath+"/carried_by",schemaPath:"#/properties/carried_by/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs31 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_bytes !== undefined){
let data18 = data.rx_bytes;
const _errs43 = errors;
const _errs44 = errors;
if(!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))){
validate25.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs44){
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 9007199254740991 || isNaN(data18)){
validate25.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data18 < 0 || isNaN(data18)){
validate25.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs43 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_bytes !== undefined){
let data19 = data.tx_bytes;
const _errs46 = errors;
const _errs47 = errors;
if(!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19)))){
validate25.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs47){
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 9007199254740991 || isNaN(data19)){
validate25.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data19 < 0 || isNaN(data19)){
validate25.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs46 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_packets !== undefined){
let data20 = data.rx_packets;
const _errs49 = errors;
const _errs50 = errors;
if(!(((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20))) && (isFinite(data20)))){
validate25.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs50){
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 9007199254740991 || isNaN(data20)){
validate25.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data20 < 0 || isNaN(data20)){
validate25.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs49 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_packets !== undefined){
let data21 = data.tx_packets;
const _errs52 = errors;
const _errs53 = errors;
if(!(((typeof data21 == "number") && (!(data21 % 1) && !isNaN(data21))) && (isFinite(data21)))){
validate25.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs53){
if((typeof data21 == "number") && (isFinite(data21))){
if(data21 > 9007199254740991 || isNaN(data21)){
validate25.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data21 < 0 || isNaN(data21)){
validate25.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs52 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_rate !== undefined){
let data22 = data.rx_rate;
const _errs55 = errors;
const _errs56 = errors;
if(errors === _errs56){
if((typeof data22 == "number") && (isFinite(data22))){
if(data22 < 0 || isNaN(data22)){
validate25.errors = [{instancePath:instancePath+"/rx_rate",schemaPath:"field.schema.json#/$defs/rate/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate25.errors = [{instancePath:instancePath+"/rx_rate",schemaPath:"field.schema.json#/$defs/rate/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs55 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_rate !== undefined){
let data23 = data.tx_rate;
const _errs58 = errors;
const _errs59 = errors;
if(errors === _errs59){
if((typeof data23 == "number") && (isFinite(data23))){
if(data23 < 0 || isNaN(data23)){
validate25.errors = [{instancePath:instancePath+"/tx_rate",schemaPath:"field.schema.json#/$defs/rate/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate25.errors = [{instancePath:instancePath+"/tx_rate",schemaPath:"field.schema.json#/$defs/rate/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs58 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_bytes_total !== undefined){
let data24 = data.rx_bytes_total;
const _errs61 = errors;
const _errs62 = errors;
if(!(((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24))) && (isFinite(data24)))){
validate25.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs62){
if((typeof data24 == "number") && (isFinite(data24))){
if(data24 > 9007199254740991 || isNaN(data24)){
validate25.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data24 < 0 || isNaN(data24)){
validate25.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs61 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_bytes_total !== undefined){
let data25 = data.tx_bytes_total;
const _errs64 = errors;
const _errs65 = errors;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
validate25.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs65){
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 > 9007199254740991 || isNaN(data25)){
validate25.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data25 < 0 || isNaN(data25)){
validate25.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs64 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_packets_total !== undefined){
let data26 = data.rx_packets_total;
const _errs67 = errors;
const _errs68 = errors;
if(!(((typeof data26 == "number") && (!(data26 % 1) && !isNaN(data26))) && (isFinite(data26)))){
validate25.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs68){
if((typeof data26 == "number") && (isFinite(data26))){
if(data26 > 9007199254740991 || isNaN(data26)){
validate25.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data26 < 0 || isNaN(data26)){
validate25.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs67 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_packets_total !== undefined){
let data27 = data.tx_packets_total;
const _errs70 = errors;
const _errs71 = errors;
if(!(((typeof data27 == "number") && (!(data27 % 1) && !isNaN(data27))) && (isFinite(data27)))){
validate25.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs71){
if((typeof data27 == "number") && (isFinite(data27))){
if(data27 > 9007199254740991 || isNaN(data27)){
validate25.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data27 < 0 || isNaN(data27)){
validate25.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs70 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_errors !== undefined){
let data28 = data.rx_errors;
const _errs73 = errors;
const _errs74 = errors;
if(!(((typeof data28 == "number") && (!(data28 % 1) && !isNaN(data28))) && (isFinite(data28)))){
validate25.errors = [{instancePath:instancePath+"/rx_errors",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs74){
if((typeof data28 == "number") && (isFinite(data28))){
if(data28 > 9007199254740991 || isNaN(data28)){
validate25.errors = [{instancePath:instancePath+"/rx_errors",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data28 < 0 || isNaN(data28)){
validate25.errors = [{instancePath:instancePath+"/rx_errors",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs73 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_errors !== undefined){
let data29 = data.tx_errors;
const _errs76 = errors;
const _errs77 = errors;
if(!(((typeof data29 == "number") && (!(data29 % 1) && !isNaN(data29))) && (isFinite(data29)))){
validate25.errors = [{instancePath:instancePath+"/tx_errors",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs77){
if((typeof data29 == "number") && (isFinite(data29))){
if(data29 > 9007199254740991 || isNaN(data29)){
validate25.errors = [{instancePath:instancePath+"/tx_errors",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data29 < 0 || isNaN(data29)){
validate25.errors = [{instancePath:instancePath+"/tx_errors",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs76 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_dropped !== undefined){
let data30 = data.rx_dropped;
const _errs79 = errors;
const _errs80 = errors;
if(!(((typeof data30 == "number") && (!(data30 % 1) && !isNaN(data30))) && (isFinite(data30)))){
validate25.errors = [{instancePath:instancePath+"/rx_dropped",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs80){
if((typeof data30 == "number") && (isFinite(data30))){
if(data30 > 9007199254740991 || isNaN(data30)){
validate25.errors = [{instancePath:instancePath+"/rx_dropped",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data30 < 0 || isNaN(data30)){
validate25.errors = [{instancePath:instancePath+"/rx_dropped",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs79 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_dropped !== undefined){
let data31 = data.tx_dropped;
const _errs82 = errors;
const _errs83 = errors;
if(!(((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31))) && (isFinite(data31)))){
validate25.errors = [{instancePath:instancePath+"/tx_dropped",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs83){
if((typeof data31 == "number") && (isFinite(data31))){
if(data31 > 9007199254740991 || isNaN(data31)){
validate25.errors = [{instancePath:instancePath+"/tx_dropped",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data31 < 0 || isNaN(data31)){
validate25.errors = [{instancePath:instancePath+"/tx_dropped",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs82 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate25.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate25.errors = vErrors;
return errors === 0;
}
validate25.evaluated = {"props":{"type":true,"ts":true,"interval":true,"name":true,"up":true,"mtu":true,"kind":true,"addresses":true,"dns_servers":true,"search_domains":true,"carried_by":true,"rx_bytes":true,"tx_bytes":true,"rx_packets":true,"tx_packets":true,"rx_rate":true,"tx_rate":true,"rx_bytes_total":true,"tx_bytes_total":true,"rx_packets_total":true,"tx_packets_total":true,"rx_errors":true,"tx_errors":true,"rx_dropped":true,"tx_dropped":true},"dynamicProps":false,"dynamicItems":false};

export const intervalRecord: Validator = validate26;
const schema118 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"interval.schema.json","title":"IntervalRecord","type":"object","required":["type","ts","interval","method","degraded","packets","bytes","dropped","attributed_bytes","unknown_bytes","unknown_by_reason","interface_bytes"],"properties":{"type":{"const":"interval"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"interval":{"$ref":"field.schema.json#/$defs/interval"},"method":{"$ref":"field.schema.json#/$defs/method"},"degraded":{"$ref":"field.schema.json#/$defs/degraded"},"layer":{"$ref":"field.schema.json#/$defs/layer"},"packets":{"type":"integer","minimum":0,"maximum":9007199254740991},"bytes":{"type":"integer","minimum":0,"maximum":9007199254740991},"local_bytes":{"type":"integer","minimum":0,"maximum":9007199254740991},"carried_bytes":{"type":"integer","minimum":0,"maximum":9007199254740991},"non_ip_frames":{"type":"integer","minimum":0,"maximum":9007199254740991},"dropped":{"type":"integer","minimum":0,"maximum":9007199254740991},"attributed_bytes":{"type":"integer","minimum":0,"maximum":9007199254740991},"unknown_bytes":{"type":"integer","minimum":0,"maximum":9007199254740991},"unknown_by_reason":{"type":"object","additionalProperties":{"type":"integer","minimum":0}},"late_bytes":{"type":"integer","minimum":0,"maximum":9007199254740991},"folded_flows":{"type":"integer","minimum":0,"maximum":9007199254740991},"interface_bytes":{"type":["integer","null"],"minimum":0,"maximum":9007199254740991},"malformed":{"type":"integer","minimum":0,"maximum":9007199254740991}}};

function validate26(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="interval.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate26.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((((((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.interval === undefined) && (missing0 = "interval"))) || ((data.method === undefined) && (missing0 = "method"))) || ((data.degraded === undefined) && (missing0 = "degraded"))) || ((data.packets === undefined) && (missing0 = "packets"))) || ((data.bytes === undefined) && (missing0 = "bytes"))) || ((data.dropped === undefined) && (missing0 = "dropped"))) || ((data.attributed_bytes === undefined) && (missing0 = "attributed_bytes"))) || ((data.unknown_bytes === undefined) && (missing0 = "unknown_bytes"))) || ((data.unknown_by_reason === undefined) && (missing0 = "unknown_by_reason"))) || ((data.interface_bytes === undefined) && (missing0 = "interface_bytes"))){
validate26.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("interval" !== data.type){
validate26.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "interval"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate26.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate26.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate26.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.interval !== undefined){
let data2 = data.interval;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 < 0 || isNaN(data2)){
validate26.errors = [{instancePath:instancePath+"/interval",schemaPath:"field.schema.json#/$defs/interval/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate26.errors = [{instancePath:instancePath+"/interval",schemaPath:"field.schema.json#/$defs/interval/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.method !== undefined){
let data3 = data.method;
const _errs8 = errors;
const _errs9 = errors;
if(errors === _errs9){
if(typeof data3 === "string"){
if(func1(data3) > 64){
validate26.errors = [{instancePath:instancePath+"/method",schemaPath:"field.schema.json#/$defs/method/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters"}];
return false;
}
}
else {
validate26.errors = [{instancePath:instancePath+"/method",schemaPath:"field.schema.json#/$defs/method/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.degraded !== undefined){
let data4 = data.degraded;
const _errs11 = errors;
const _errs12 = errors;
if(errors === _errs12){
if(Array.isArray(data4)){
var valid5 = true;
const len0 = data4.length;
for(let i0=0; i0<len0; i0++){
let data5 = data4[i0];
const _errs14 = errors;
if(errors === _errs14){
if(typeof data5 === "string"){
if(func1(data5) > 4096){
validate26.errors = [{instancePath:instancePath+"/degraded/" + i0,schemaPath:"field.schema.json#/$defs/degraded/items/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate26.errors = [{instancePath:instancePath+"/degraded/" + i0,schemaPath:"field.schema.json#/$defs/degraded/items/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid5 = _errs14 === errors;
if(!valid5){
break;
}
}
}
else {
validate26.errors = [{instancePath:instancePath+"/degraded",schemaPath:"field.schema.json#/$defs/degraded/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.layer !== undefined){
let data6 = data.layer;
const _errs16 = errors;
if(typeof data6 !== "string"){
validate26.errors = [{instancePath:instancePath+"/layer",schemaPath:"field.schema.json#/$defs/layer/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data6 === "ip") || (data6 === "payload"))){
validate26.errors = [{instancePath:instancePath+"/layer",schemaPath:"field.schema.json#/$defs/layer/enum",keyword:"enum",params:{allowedValues: schema49.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs16 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.packets !== undefined){
let data7 = data.packets;
const _errs19 = errors;
if(!(((typeof data7 == "number") && (!(data7 % 1) && !isNaN(data7))) && (isFinite(data7)))){
validate26.errors = [{instancePath:instancePath+"/packets",schemaPath:"#/properties/packets/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs19){
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 9007199254740991 || isNaN(data7)){
validate26.errors = [{instancePath:instancePath+"/packets",schemaPath:"#/properties/packets/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data7 < 0 || isNaN(data7)){
validate26.errors = [{instancePath:instancePath+"/packets",schemaPath:"#/properties/packets/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs19 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.bytes !== undefined){
let data8 = data.bytes;
const _errs21 = errors;
if(!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))){
validate26.errors = [{instancePath:instancePath+"/bytes",schemaPath:"#/properties/bytes/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs21){
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 9007199254740991 || isNaN(data8)){
validate26.errors = [{instancePath:instancePath+"/bytes",schemaPath:"#/properties/bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data8 < 0 || isNaN(data8)){
validate26.errors = [{instancePath:instancePath+"/bytes",schemaPath:"#/properties/bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs21 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.local_bytes !== undefined){
let data9 = data.local_bytes;
const _errs23 = errors;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
validate26.errors = [{instancePath:instancePath+"/local_bytes",schemaPath:"#/properties/local_bytes/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs23){
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 9007199254740991 || isNaN(data9)){
validate26.errors = [{instancePath:instancePath+"/local_bytes",schemaPath:"#/properties/local_bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data9 < 0 || isNaN(data9)){
validate26.errors = [{instancePath:instancePath+"/local_bytes",schemaPath:"#/properties/local_bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.carried_bytes !== undefined){
let data10 = data.carried_bytes;
const _errs25 = errors;
if(!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))){
validate26.errors = [{instancePath:instancePath+"/carried_bytes",schemaPath:"#/properties/carried_bytes/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs25){
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 > 9007199254740991 || isNaN(data10)){
validate26.errors = [{instancePath:instancePath+"/carried_bytes",schemaPath:"#/properties/carried_bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data10 < 0 || isNaN(data10)){
validate26.errors = [{instancePath:instancePath+"/carried_bytes",schemaPath:"#/properties/carried_bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs25 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.non_ip_frames !== undefined){
let data11 = data.non_ip_frames;
const _errs27 = errors;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
validate26.errors = [{instancePath:instancePath+"/non_ip_frames",schemaPath:"#/properties/non_ip_frames/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs27){
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 9007199254740991 || isNaN(data11)){
validate26.errors = [{instancePath:instancePath+"/non_ip_frames",schemaPath:"#/properties/non_ip_frames/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data11 < 0 || isNaN(data11)){
validate26.errors = [{instancePath:instancePath+"/non_ip_frames",schemaPath:"#/properties/non_ip_frames/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs27 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dropped !== undefined){
let data12 = data.dropped;
const _errs29 = errors;
if(!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))){
validate26.errors = [{instancePath:instancePath+"/dropped",schemaPath:"#/properties/dropped/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs29){
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 9007199254740991 || isNaN(data12)){
validate26.errors = [{instancePath:instancePath+"/dropped",schemaPath:"#/properties/dropped/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data12 < 0 || isNaN(data12)){
validate26.errors = [{instancePath:instancePath+"/dropped",schemaPath:"#/properties/dropped/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs29 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.attributed_bytes !== undefined){
let data13 = data.attributed_bytes;
const _errs31 = errors;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
validate26.errors = [{instancePath:instancePath+"/attributed_bytes",schemaPath:"#/properties/attributed_bytes/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs31){
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 9007199254740991 || isNaN(data13)){
validate26.errors = [{instancePath:instancePath+"/attributed_bytes",schemaPath:"#/properties/attributed_bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data13 < 0 || isNaN(data13)){
validate26.errors = [{instancePath:instancePath+"/attributed_bytes",schemaPath:"#/properties/attributed_bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs31 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.unknown_bytes !== undefined){
let data14 = data.unknown_bytes;
const _errs33 = errors;
if(!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))){
validate26.errors = [{instancePath:instancePath+"/unknown_bytes",schemaPath:"#/properties/unknown_bytes/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs33){
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 9007199254740991 || isNaN(data14)){
validate26.errors = [{instancePath:instancePath+"/unknown_bytes",schemaPath:"#/properties/unknown_bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data14 < 0 || isNaN(data14)){
validate26.errors = [{instancePath:instancePath+"/unknown_bytes",schemaPath:"#/properties/unknown_bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs33 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.unknown_by_reason !== undefined){
let data15 = data.unknown_by_reason;
const _errs35 = errors;
if(errors === _errs35){
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
for(const key0 in data15){
let data16 = data15[key0];
const _errs38 = errors;
if(!(((typeof data16 == "number") && (!(data16 % 1) && !isNaN(data16))) && (isFinite(data16)))){
validate26.errors = [{instancePath:instancePath+"/unknown_by_reason/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/unknown_by_reason/additionalProperties/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs38){
if((typeof data16 == "number") && (isFinite(data16))){
if(data16 < 0 || isNaN(data16)){
validate26.errors = [{instancePath:instancePath+"/unknown_by_reason/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/unknown_by_reason/additionalProperties/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid7 = _errs38 === errors;
if(!valid7){
break;
}
}
}
else {
validate26.errors = [{instancePath:instancePath+"/unknown_by_reason",schemaPath:"#/properties/unknown_by_reason/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
var valid0 = _errs35 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.late_bytes !== undefined){
let data17 = data.late_bytes;
const _errs40 = errors;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
validate26.errors = [{instancePath:instancePath+"/late_bytes",schemaPath:"#/properties/late_bytes/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs40){
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 9007199254740991 || isNaN(data17)){
validate26.errors = [{instancePath:instancePath+"/late_bytes",schemaPath:"#/properties/late_bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data17 < 0 || isNaN(data17)){
validate26.errors = [{instancePath:instancePath+"/late_bytes",schemaPath:"#/properties/late_bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs40 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.folded_flows !== undefined){
let data18 = data.folded_flows;
const _errs42 = errors;
if(!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))){
validate26.errors = [{instancePath:instancePath+"/folded_flows",schemaPath:"#/properties/folded_flows/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs42){
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 9007199254740991 || isNaN(data18)){
validate26.errors = [{instancePath:instancePath+"/folded_flows",schemaPath:"#/properties/folded_flows/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data18 < 0 || isNaN(data18)){
validate26.errors = [{instancePath:instancePath+"/folded_flows",schemaPath:"#/properties/folded_flows/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs42 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.interface_bytes !== undefined){
let data19 = data.interface_bytes;
const _errs44 = errors;
if((!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19)))) && (data19 !== null)){
validate26.errors = [{instancePath:instancePath+"/interface_bytes",schemaPath:"#/properties/interface_bytes/type",keyword:"type",params:{type: schema118.properties.interface_bytes.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs44){
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 9007199254740991 || isNaN(data19)){
validate26.errors = [{instancePath:instancePath+"/interface_bytes",schemaPath:"#/properties/interface_bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data19 < 0 || isNaN(data19)){
validate26.errors = [{instancePath:instancePath+"/interface_bytes",schemaPath:"#/properties/interface_bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs44 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.malformed !== undefined){
let data20 = data.malformed;
const _errs46 = errors;
if(!(((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20))) && (isFinite(data20)))){
validate26.errors = [{instancePath:instancePath+"/malformed",schemaPath:"#/properties/malformed/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs46){
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 9007199254740991 || isNaN(data20)){
validate26.errors = [{instancePath:instancePath+"/malformed",schemaPath:"#/properties/malformed/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data20 < 0 || isNaN(data20)){
validate26.errors = [{instancePath:instancePath+"/malformed",schemaPath:"#/properties/malformed/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs46 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate26.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate26.errors = vErrors;
return errors === 0;
}
validate26.evaluated = {"props":{"type":true,"ts":true,"interval":true,"method":true,"degraded":true,"layer":true,"packets":true,"bytes":true,"local_bytes":true,"carried_bytes":true,"non_ip_frames":true,"dropped":true,"attributed_bytes":true,"unknown_bytes":true,"unknown_by_reason":true,"late_bytes":true,"folded_flows":true,"interface_bytes":true,"malformed":true},"dynamicProps":false,"dynamicItems":false};

export const packetRecord: Validator = validate27;
const schema124 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"packet.schema.json","title":"PacketRecord","type":"object","required":["type","ts","dir","frame_bytes"],"properties":{"type":{"const":"packet"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"iface":{"$ref":"field.schema.json#/$defs/iface"},"dir":{"$ref":"field.schema.json#/$defs/dir"},"ip_version":{"type":"integer","enum":[4,6]},"proto":{"$ref":"field.schema.json#/$defs/proto"},"src_ip":{"$ref":"field.schema.json#/$defs/ip"},"src_port":{"$ref":"field.schema.json#/$defs/port"},"dst_ip":{"$ref":"field.schema.json#/$defs/ip"},"dst_port":{"$ref":"field.schema.json#/$defs/port"},"bytes":{"$ref":"field.schema.json#/$defs/bytes"},"frame_bytes":{"$ref":"field.schema.json#/$defs/frame_bytes"},"packets":{"$ref":"field.schema.json#/$defs/packets"},"tcp_flags":{"type":"string","maxLength":16},"vlan":{"type":"integer","minimum":0,"maximum":4095},"fragment":{"type":"string","enum":["first","later"]},"ethertype":{"type":"string","pattern":"^0x[0-9a-f]{4}$"},"pid":{"$ref":"field.schema.json#/$defs/pid"},"start_time":{"$ref":"field.schema.json#/$defs/start_time"},"process":{"$ref":"field.schema.json#/$defs/process"},"user":{"$ref":"field.schema.json#/$defs/user"},"attribution":{"$ref":"field.schema.json#/$defs/attribution"},"reason":{"$ref":"field.schema.json#/$defs/reason"},"peer_pid":{"$ref":"field.schema.json#/$defs/pid"},"peer_process":{"$ref":"field.schema.json#/$defs/process"}}};
const schema133 = {"type":"integer","minimum":0,"maximum":4294967295};
const schema134 = {"type":"integer","minimum":0,"maximum":4294967295};
const schema135 = {"type":"integer","minimum":0,"maximum":4294967295};
const pattern4 = new RegExp("^0x[0-9a-f]{4}$", "");

function validate27(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="packet.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate27.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.dir === undefined) && (missing0 = "dir"))) || ((data.frame_bytes === undefined) && (missing0 = "frame_bytes"))){
validate27.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("packet" !== data.type){
validate27.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "packet"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate27.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate27.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate27.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.iface !== undefined){
let data2 = data.iface;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if(typeof data2 === "string"){
if(func1(data2) > 256){
validate27.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dir !== undefined){
let data3 = data.dir;
const _errs8 = errors;
if((typeof data3 !== "string") && (data3 !== null)){
validate27.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/type",keyword:"type",params:{type: schema46.type},message:"must be string,null"}];
return false;
}
if(!(((((data3 === "in") || (data3 === "out")) || (data3 === "local")) || (data3 === "forward")) || (data3 === null))){
validate27.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/enum",keyword:"enum",params:{allowedValues: schema46.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ip_version !== undefined){
let data4 = data.ip_version;
const _errs11 = errors;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
validate27.errors = [{instancePath:instancePath+"/ip_version",schemaPath:"#/properties/ip_version/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(!((data4 === 4) || (data4 === 6))){
validate27.errors = [{instancePath:instancePath+"/ip_version",schemaPath:"#/properties/ip_version/enum",keyword:"enum",params:{allowedValues: schema124.properties.ip_version.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.proto !== undefined){
let data5 = data.proto;
const _errs13 = errors;
const _errs14 = errors;
if(errors === _errs14){
if(typeof data5 === "string"){
if(func1(data5) > 16){
validate27.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
else {
if(func1(data5) < 1){
validate27.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate27.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs13 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.src_ip !== undefined){
let data6 = data.src_ip;
const _errs16 = errors;
const _errs17 = errors;
if(errors === _errs17){
if(typeof data6 === "string"){
if(func1(data6) > 45){
validate27.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data6) < 2){
validate27.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate27.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs16 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.src_port !== undefined){
let data7 = data.src_port;
const _errs19 = errors;
const _errs20 = errors;
if(!(((typeof data7 == "number") && (!(data7 % 1) && !isNaN(data7))) && (isFinite(data7)))){
validate27.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs20){
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 65535 || isNaN(data7)){
validate27.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data7 < 0 || isNaN(data7)){
validate27.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs19 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dst_ip !== undefined){
let data8 = data.dst_ip;
const _errs22 = errors;
const _errs23 = errors;
if(errors === _errs23){
if(typeof data8 === "string"){
if(func1(data8) > 45){
validate27.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data8) < 2){
validate27.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate27.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs22 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dst_port !== undefined){
let data9 = data.dst_port;
const _errs25 = errors;
const _errs26 = errors;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
validate27.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs26){
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 65535 || isNaN(data9)){
validate27.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data9 < 0 || isNaN(data9)){
validate27.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs25 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.bytes !== undefined){
let data10 = data.bytes;
const _errs28 = errors;
const _errs29 = errors;
if(!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))){
validate27.errors = [{instancePath:instancePath+"/bytes",schemaPath:"field.schema.json#/$defs/bytes/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs29){
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 > 4294967295 || isNaN(data10)){
validate27.errors = [{instancePath:instancePath+"/bytes",schemaPath:"field.schema.json#/$defs/bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data10 < 0 || isNaN(data10)){
validate27.errors = [{instancePath:instancePath+"/bytes",schemaPath:"field.schema.json#/$defs/bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs28 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.frame_bytes !== undefined){
let data11 = data.frame_bytes;
const _errs31 = errors;
const _errs32 = errors;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
validate27.errors = [{instancePath:instancePath+"/frame_bytes",schemaPath:"field.schema.json#/$defs/frame_bytes/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs32){
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 4294967295 || isNaN(data11)){
validate27.errors = [{instancePath:instancePath+"/frame_bytes",schemaPath:"field.schema.json#/$defs/frame_bytes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data11 < 0 || isNaN(data11)){
validate27.errors = [{instancePath:instancePath+"/frame_bytes",schemaPath:"field.schema.json#/$defs/frame_bytes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs31 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.packets !== undefined){
let data12 = data.packets;
const _errs34 = errors;
const _errs35 = errors;
if(!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))){
validate27.errors = [{instancePath:instancePath+"/packets",schemaPath:"field.schema.json#/$defs/packets/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs35){
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 4294967295 || isNaN(data12)){
validate27.errors = [{instancePath:instancePath+"/packets",schemaPath:"field.schema.json#/$defs/packets/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data12 < 0 || isNaN(data12)){
validate27.errors = [{instancePath:instancePath+"/packets",schemaPath:"field.schema.json#/$defs/packets/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs34 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tcp_flags !== undefined){
let data13 = data.tcp_flags;
const _errs37 = errors;
if(errors === _errs37){
if(typeof data13 === "string"){
if(func1(data13) > 16){
validate27.errors = [{instancePath:instancePath+"/tcp_flags",schemaPath:"#/properties/tcp_flags/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/tcp_flags",schemaPath:"#/properties/tcp_flags/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs37 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.vlan !== undefined){
let data14 = data.vlan;
const _errs39 = errors;
if(!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))){
validate27.errors = [{instancePath:instancePath+"/vlan",schemaPath:"#/properties/vlan/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs39){
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 4095 || isNaN(data14)){
validate27.errors = [{instancePath:instancePath+"/vlan",schemaPath:"#/properties/vlan/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4095},message:"must be <= 4095"}];
return false;
}
else {
if(data14 < 0 || isNaN(data14)){
validate27.errors = [{instancePath:instancePath+"/vlan",schemaPath:"#/properties/vlan/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs39 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.fragment !== undefined){
let data15 = data.fragment;
const _errs41 = errors;
if(typeof data15 !== "string"){
validate27.errors = [{instancePath:instancePath+"/fragment",schemaPath:"#/properties/fragment/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data15 === "first") || (data15 === "later"))){
validate27.errors = [{instancePath:instancePath+"/fragment",schemaPath:"#/properties/fragment/enum",keyword:"enum",params:{allowedValues: schema124.properties.fragment.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs41 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ethertype !== undefined){
let data16 = data.ethertype;
const _errs43 = errors;
if(errors === _errs43){
if(typeof data16 === "string"){
if(!pattern4.test(data16)){
validate27.errors = [{instancePath:instancePath+"/ethertype",schemaPath:"#/properties/ethertype/pattern",keyword:"pattern",params:{pattern: "^0x[0-9a-f]{4}$"},message:"must match pattern \""+"^0x[0-9a-f]{4}$"+"\""}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/ethertype",schemaPath:"#/properties/ethertype/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs43 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.pid !== undefined){
let data17 = data.pid;
const _errs45 = errors;
const _errs46 = errors;
if((!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))) && (data17 !== null)){
validate27.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/type",keyword:"type",params:{type: schema35.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs46){
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 4294967295 || isNaN(data17)){
validate27.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data17 < 0 || isNaN(data17)){
validate27.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs45 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.start_time !== undefined){
let data18 = data.start_time;
const _errs48 = errors;
const _errs49 = errors;
if((!((typeof data18 == "number") && (isFinite(data18)))) && (data18 !== null)){
validate27.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/type",keyword:"type",params:{type: schema36.type},message:"must be number,null"}];
return false;
}
if(errors === _errs49){
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 < 0 || isNaN(data18)){
validate27.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs48 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.process !== undefined){
let data19 = data.process;
const _errs51 = errors;
const _errs52 = errors;
if(errors === _errs52){
if(typeof data19 === "string"){
if(func1(data19) > 4096){
validate27.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs51 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.user !== undefined){
let data20 = data.user;
const _errs54 = errors;
const _errs55 = errors;
if((typeof data20 !== "string") && (data20 !== null)){
validate27.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/type",keyword:"type",params:{type: schema38.type},message:"must be string,null"}];
return false;
}
if(errors === _errs55){
if(typeof data20 === "string"){
if(func1(data20) > 256){
validate27.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
}
var valid0 = _errs54 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.attribution !== undefined){
let data21 = data.attribution;
const _errs57 = errors;
if(typeof data21 !== "string"){
validate27.errors = [{instancePath:instancePath+"/attribution",schemaPath:"field.schema.json#/$defs/attribution/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((data21 === "kernel") || (data21 === "socket")) || (data21 === "bound")) || (data21 === "none"))){
validate27.errors = [{instancePath:instancePath+"/attribution",schemaPath:"field.schema.json#/$defs/attribution/enum",keyword:"enum",params:{allowedValues: schema47.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs57 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.reason !== undefined){
let data22 = data.reason;
const _errs60 = errors;
if(typeof data22 !== "string"){
validate27.errors = [{instancePath:instancePath+"/reason",schemaPath:"field.schema.json#/$defs/reason/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((((((data22 === "no_socket") || (data22 === "closed_before_scan")) || (data22 === "other_netns")) || (data22 === "kernel")) || (data22 === "not_local")) || (data22 === "fragment")) || (data22 === "permission")) || (data22 === "ambiguous"))){
validate27.errors = [{instancePath:instancePath+"/reason",schemaPath:"field.schema.json#/$defs/reason/enum",keyword:"enum",params:{allowedValues: schema48.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs60 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.peer_pid !== undefined){
let data23 = data.peer_pid;
const _errs63 = errors;
const _errs64 = errors;
if((!(((typeof data23 == "number") && (!(data23 % 1) && !isNaN(data23))) && (isFinite(data23)))) && (data23 !== null)){
validate27.errors = [{instancePath:instancePath+"/peer_pid",schemaPath:"field.schema.json#/$defs/pid/type",keyword:"type",params:{type: schema35.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs64){
if((typeof data23 == "number") && (isFinite(data23))){
if(data23 > 4294967295 || isNaN(data23)){
validate27.errors = [{instancePath:instancePath+"/peer_pid",schemaPath:"field.schema.json#/$defs/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data23 < 0 || isNaN(data23)){
validate27.errors = [{instancePath:instancePath+"/peer_pid",schemaPath:"field.schema.json#/$defs/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs63 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.peer_process !== undefined){
let data24 = data.peer_process;
const _errs66 = errors;
const _errs67 = errors;
if(errors === _errs67){
if(typeof data24 === "string"){
if(func1(data24) > 4096){
validate27.errors = [{instancePath:instancePath+"/peer_process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate27.errors = [{instancePath:instancePath+"/peer_process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs66 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate27.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate27.errors = vErrors;
return errors === 0;
}
validate27.evaluated = {"props":{"type":true,"ts":true,"iface":true,"dir":true,"ip_version":true,"proto":true,"src_ip":true,"src_port":true,"dst_ip":true,"dst_port":true,"bytes":true,"frame_bytes":true,"packets":true,"tcp_flags":true,"vlan":true,"fragment":true,"ethertype":true,"pid":true,"start_time":true,"process":true,"user":true,"attribution":true,"reason":true,"peer_pid":true,"peer_process":true},"dynamicProps":false,"dynamicItems":false};

export const processRecord: Validator = validate28;
const schema144 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"process.schema.json","title":"ProcessRecord","type":"object","required":["type","ts","interval","pid","process","rx_bytes","tx_bytes","rx_packets","tx_packets","rx_rate","tx_rate","rx_bytes_total","tx_bytes_total","connections","sockets"],"properties":{"type":{"const":"process"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"interval":{"$ref":"field.schema.json#/$defs/interval"},"pid":{"$ref":"field.schema.json#/$defs/pid"},"start_time":{"$ref":"field.schema.json#/$defs/start_time"},"process":{"$ref":"field.schema.json#/$defs/process"},"user":{"$ref":"field.schema.json#/$defs/user"},"uid":{"$ref":"field.schema.json#/$defs/uid"},"cmdline":{"$ref":"field.schema.json#/$defs/cmdline"},"cgroup":{"$ref":"field.schema.json#/$defs/cgroup"},"layer":{"$ref":"field.schema.json#/$defs/layer"},"rx_bytes":{"$ref":"field.schema.json#/$defs/counter"},"tx_bytes":{"$ref":"field.schema.json#/$defs/counter"},"rx_packets":{"$ref":"field.schema.json#/$defs/counter"},"tx_packets":{"$ref":"field.schema.json#/$defs/counter"},"rx_rate":{"$ref":"field.schema.json#/$defs/rate"},"tx_rate":{"$ref":"field.schema.json#/$defs/rate"},"rx_bytes_total":{"$ref":"field.schema.json#/$defs/total"},"tx_bytes_total":{"$ref":"field.schema.json#/$defs/total"},"rx_packets_total":{"$ref":"field.schema.json#/$defs/total"},"tx_packets_total":{"$ref":"field.schema.json#/$defs/total"},"connections":{"type":"integer","minimum":0,"maximum":9007199254740991},"sockets":{"type":"integer","minimum":0,"maximum":9007199254740991},"carries":{"type":"array","items":{"$ref":"field.schema.json#/$defs/iface"}},"exited":{"type":"boolean"}}};
const schema151 = {"type":["integer","null"],"minimum":0,"maximum":4294967295};
const schema152 = {"type":["string","null"],"maxLength":4096};
const schema153 = {"type":"string","maxLength":4096};

function validate28(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="process.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate28.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((((((((((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.interval === undefined) && (missing0 = "interval"))) || ((data.pid === undefined) && (missing0 = "pid"))) || ((data.process === undefined) && (missing0 = "process"))) || ((data.rx_bytes === undefined) && (missing0 = "rx_bytes"))) || ((data.tx_bytes === undefined) && (missing0 = "tx_bytes"))) || ((data.rx_packets === undefined) && (missing0 = "rx_packets"))) || ((data.tx_packets === undefined) && (missing0 = "tx_packets"))) || ((data.rx_rate === undefined) && (missing0 = "rx_rate"))) || ((data.tx_rate === undefined) && (missing0 = "tx_rate"))) || ((data.rx_bytes_total === undefined) && (missing0 = "rx_bytes_total"))) || ((data.tx_bytes_total === undefined) && (missing0 = "tx_bytes_total"))) || ((data.connections === undefined) && (missing0 = "connections"))) || ((data.sockets === undefined) && (missing0 = "sockets"))){
validate28.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("process" !== data.type){
validate28.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "process"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate28.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate28.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate28.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.interval !== undefined){
let data2 = data.interval;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 < 0 || isNaN(data2)){
validate28.errors = [{instancePath:instancePath+"/interval",schemaPath:"field.schema.json#/$defs/interval/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate28.errors = [{instancePath:instancePath+"/interval",schemaPath:"field.schema.json#/$defs/interval/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.pid !== undefined){
let data3 = data.pid;
const _errs8 = errors;
const _errs9 = errors;
if((!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))) && (data3 !== null)){
validate28.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/type",keyword:"type",params:{type: schema35.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs9){
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 4294967295 || isNaN(data3)){
validate28.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data3 < 0 || isNaN(data3)){
validate28.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.start_time !== undefined){
let data4 = data.start_time;
const _errs11 = errors;
const _errs12 = errors;
if((!((typeof data4 == "number") && (isFinite(data4)))) && (data4 !== null)){
validate28.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/type",keyword:"type",params:{type: schema36.type},message:"must be number,null"}];
return false;
}
if(errors === _errs12){
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 < 0 || isNaN(data4)){
validate28.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.process !== undefined){
let data5 = data.process;
const _errs14 = errors;
const _errs15 = errors;
if(errors === _errs15){
if(typeof data5 === "string"){
if(func1(data5) > 4096){
validate28.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate28.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.user !== undefined){
let data6 = data.user;
const _errs17 = errors;
const _errs18 = errors;
if((typeof data6 !== "string") && (data6 !== null)){
validate28.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/type",keyword:"type",params:{type: schema38.type},message:"must be string,null"}];
return false;
}
if(errors === _errs18){
if(typeof data6 === "string"){
if(func1(data6) > 256){
validate28.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
}
var valid0 = _errs17 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uid !== undefined){
let data7 = data.uid;
const _errs20 = errors;
const _errs21 = errors;
if((!(((typeof data7 == "number") && (!(data7 % 1) && !isNaN(data7))) && (isFinite(data7)))) && (data7 !== null)){
validate28.errors = [{instancePath:instancePath+"/uid",schemaPath:"field.schema.json#/$defs/uid/type",keyword:"type",params:{type: schema151.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs21){
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 4294967295 || isNaN(data7)){
validate28.errors = [{instancePath:instancePath+"/uid",schemaPath:"field.schema.json#/$defs/uid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data7 < 0 || isNaN(data7)){
validate28.errors = [{instancePath:instancePath+"/uid",schemaPath:"field.schema.json#/$defs/uid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs20 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.cmdline !== undefined){
let data8 = data.cmdline;
const _errs23 = errors;
const _errs24 = errors;
if((typeof data8 !== "string") && (data8 !== null)){
validate28.errors = [{instancePath:instancePath+"/cmdline",schemaPath:"field.schema.json#/$defs/cmdline/type",keyword:"type",params:{type: schema152.type},message:"must be string,null"}];
return false;
}
if(errors === _errs24){
if(typeof data8 === "string"){
if(func1(data8) > 4096){
validate28.errors = [{instancePath:instancePath+"/cmdline",schemaPath:"field.schema.json#/$defs/cmdline/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.cgroup !== undefined){
let data9 = data.cgroup;
const _errs26 = errors;
const _errs27 = errors;
if(errors === _errs27){
if(typeof data9 === "string"){
if(func1(data9) > 4096){
validate28.errors = [{instancePath:instancePath+"/cgroup",schemaPath:"field.schema.json#/$defs/cgroup/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate28.errors = [{instancePath:instancePath+"/cgroup",schemaPath:"field.schema.json#/$defs/cgroup/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs26 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.layer !== undefined){
let data10 = data.layer;
const _errs29 = errors;
if(typeof data10 !== "string"){
validate28.errors = [{instancePath:instancePath+"/layer",schemaPath:"field.schema.json#/$defs/layer/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data10 === "ip") || (data10 === "payload"))){
validate28.errors = [{instancePath:instancePath+"/layer",schemaPath:"field.schema.json#/$defs/layer/enum",keyword:"enum",params:{allowedValues: schema49.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs29 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_bytes !== undefined){
let data11 = data.rx_bytes;
const _errs32 = errors;
const _errs33 = errors;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
validate28.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs33){
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 9007199254740991 || isNaN(data11)){
validate28.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data11 < 0 || isNaN(data11)){
validate28.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs32 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_bytes !== undefined){
let data12 = data.tx_bytes;
const _errs35 = errors;
const _errs36 = errors;
if(!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))){
validate28.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs36){
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 9007199254740991 || isNaN(data12)){
validate28.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data12 < 0 || isNaN(data12)){
validate28.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs35 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_packets !== undefined){
let data13 = data.rx_packets;
const _errs38 = errors;
const _errs39 = errors;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
validate28.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs39){
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 9007199254740991 || isNaN(data13)){
validate28.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data13 < 0 || isNaN(data13)){
validate28.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs38 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_packets !== undefined){
let data14 = data.tx_packets;
const _errs41 = errors;
const _errs42 = errors;
if(!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))){
validate28.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs42){
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 9007199254740991 || isNaN(data14)){
validate28.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data14 < 0 || isNaN(data14)){
validate28.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs41 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_rate !== undefined){
let data15 = data.rx_rate;
const _errs44 = errors;
const _errs45 = errors;
if(errors === _errs45){
if((typeof data15 == "number") && (isFinite(data15))){
if(data15 < 0 || isNaN(data15)){
validate28.errors = [{instancePath:instancePath+"/rx_rate",schemaPath:"field.schema.json#/$defs/rate/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate28.errors = [{instancePath:instancePath+"/rx_rate",schemaPath:"field.schema.json#/$defs/rate/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs44 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_rate !== undefined){
let data16 = data.tx_rate;
const _errs47 = errors;
const _errs48 = errors;
if(errors === _errs48){
if((typeof data16 == "number") && (isFinite(data16))){
if(data16 < 0 || isNaN(data16)){
validate28.errors = [{instancePath:instancePath+"/tx_rate",schemaPath:"field.schema.json#/$defs/rate/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
else {
validate28.errors = [{instancePath:instancePath+"/tx_rate",schemaPath:"field.schema.json#/$defs/rate/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs47 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_bytes_total !== undefined){
let data17 = data.rx_bytes_total;
const _errs50 = errors;
const _errs51 = errors;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
validate28.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs51){
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 9007199254740991 || isNaN(data17)){
validate28.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data17 < 0 || isNaN(data17)){
validate28.errors = [{instancePath:instancePath+"/rx_bytes_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs50 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_bytes_total !== undefined){
let data18 = data.tx_bytes_total;
const _errs53 = errors;
const _errs54 = errors;
if(!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))){
validate28.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs54){
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 9007199254740991 || isNaN(data18)){
validate28.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data18 < 0 || isNaN(data18)){
validate28.errors = [{instancePath:instancePath+"/tx_bytes_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs53 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_packets_total !== undefined){
let data19 = data.rx_packets_total;
const _errs56 = errors;
const _errs57 = errors;
if(!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19)))){
validate28.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs57){
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 9007199254740991 || isNaN(data19)){
validate28.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data19 < 0 || isNaN(data19)){
validate28.errors = [{instancePath:instancePath+"/rx_packets_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs56 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_packets_total !== undefined){
let data20 = data.tx_packets_total;
const _errs59 = errors;
const _errs60 = errors;
if(!(((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20))) && (isFinite(data20)))){
validate28.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs60){
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 9007199254740991 || isNaN(data20)){
validate28.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data20 < 0 || isNaN(data20)){
validate28.errors = [{instancePath:instancePath+"/tx_packets_total",schemaPath:"field.schema.json#/$defs/total/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs59 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.connections !== undefined){
let data21 = data.connections;
const _errs62 = errors;
if(!(((typeof data21 == "number") && (!(data21 % 1) && !isNaN(data21))) && (isFinite(data21)))){
validate28.errors = [{instancePath:instancePath+"/connections",schemaPath:"#/properties/connections/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs62){
if((typeof data21 == "number") && (isFinite(data21))){
if(data21 > 9007199254740991 || isNaN(data21)){
validate28.errors = [{instancePath:instancePath+"/connections",schemaPath:"#/properties/connections/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data21 < 0 || isNaN(data21)){
validate28.errors = [{instancePath:instancePath+"/connections",schemaPath:"#/properties/connections/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs62 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.sockets !== undefined){
let data22 = data.sockets;
const _errs64 = errors;
if(!(((typeof data22 == "number") && (!(data22 % 1) && !isNaN(data22))) && (isFinite(data22)))){
validate28.errors = [{instancePath:instancePath+"/sockets",schemaPath:"#/properties/sockets/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs64){
if((typeof data22 == "number") && (isFinite(data22))){
if(data22 > 9007199254740991 || isNaN(data22)){
validate28.errors = [{instancePath:instancePath+"/sockets",schemaPath:"#/properties/sockets/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data22 < 0 || isNaN(data22)){
validate28.errors = [{instancePath:instancePath+"/sockets",schemaPath:"#/properties/sockets/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs64 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.carries !== undefined){
let data23 = data.carries;
const _errs66 = errors;
if(errors === _errs66){
if(Array.isArray(data23)){
var valid21 = true;
const len0 = data23.length;
for(let i0=0; i0<len0; i0++){
let data24 = data23[i0];
const _errs68 = errors;
const _errs69 = errors;
if(errors === _errs69){
if(typeof data24 === "string"){
if(func1(data24) > 256){
validate28.errors = [{instancePath:instancePath+"/carries/" + i0,schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate28.errors = [{instancePath:instancePath+"/carries/" + i0,schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid21 = _errs68 === errors;
if(!valid21){
break;
}
}
}
else {
validate28.errors = [{instancePath:instancePath+"/carries",schemaPath:"#/properties/carries/type",keyword:"type",params:{type: "array"},message:"must be array"}];
return false;
}
}
var valid0 = _errs66 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.exited !== undefined){
const _errs71 = errors;
if(typeof data.exited !== "boolean"){
validate28.errors = [{instancePath:instancePath+"/exited",schemaPath:"#/properties/exited/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs71 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate28.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate28.errors = vErrors;
return errors === 0;
}
validate28.evaluated = {"props":{"type":true,"ts":true,"interval":true,"pid":true,"start_time":true,"process":true,"user":true,"uid":true,"cmdline":true,"cgroup":true,"layer":true,"rx_bytes":true,"tx_bytes":true,"rx_packets":true,"tx_packets":true,"rx_rate":true,"tx_rate":true,"rx_bytes_total":true,"tx_bytes_total":true,"rx_packets_total":true,"tx_packets_total":true,"connections":true,"sockets":true,"carries":true,"exited":true},"dynamicProps":false,"dynamicItems":false};

export const resolverRecord: Validator = validate29;
const schema166 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"resolver.schema.json","title":"ResolverRecord","type":"object","required":["type","ts","server","avg_latency_ms","failure_rate_pct","query_count"],"properties":{"type":{"const":"resolver"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"iface":{"$ref":"field.schema.json#/$defs/iface"},"server":{"$ref":"field.schema.json#/$defs/ip"},"avg_latency_ms":{"type":["number","null"],"minimum":0},"p95_latency_ms":{"type":["number","null"],"minimum":0},"failure_rate_pct":{"type":"number","minimum":0,"maximum":100},"nxdomain_count":{"type":"integer","minimum":0,"maximum":9007199254740991},"query_count":{"type":"integer","minimum":0,"maximum":9007199254740991},"servfail_count":{"type":"integer","minimum":0,"maximum":9007199254740991},"refused_count":{"type":"integer","minimum":0,"maximum":9007199254740991},"timeout_count":{"type":"integer","minimum":0,"maximum":9007199254740991},"truncated_count":{"type":"integer","minimum":0,"maximum":9007199254740991},"untracked_count":{"type":"integer","minimum":0,"maximum":9007199254740991},"stub":{"type":"boolean"}}};

function validate29(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="resolver.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate29.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.server === undefined) && (missing0 = "server"))) || ((data.avg_latency_ms === undefined) && (missing0 = "avg_latency_ms"))) || ((data.failure_rate_pct === undefined) && (missing0 = "failure_rate_pct"))) || ((data.query_count === undefined) && (missing0 = "query_count"))){
validate29.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("resolver" !== data.type){
validate29.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "resolver"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate29.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate29.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate29.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.iface !== undefined){
let data2 = data.iface;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if(typeof data2 === "string"){
if(func1(data2) > 256){
validate29.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate29.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.server !== undefined){
let data3 = data.server;
const _errs8 = errors;
const _errs9 = errors;
if(errors === _errs9){
if(typeof data3 === "string"){
if(func1(data3) > 45){
validate29.errors = [{instancePath:instancePath+"/server",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data3) < 2){
validate29.errors = [{instancePath:instancePath+"/server",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate29.errors = [{instancePath:instancePath+"/server",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.avg_latency_ms !== undefined){
let data4 = data.avg_latency_ms;
const _errs11 = errors;
if((!((typeof data4 == "number") && (isFinite(data4)))) && (data4 !== null)){
validate29.errors = [{instancePath:instancePath+"/avg_latency_ms",schemaPath:"#/properties/avg_latency_ms/type",keyword:"type",params:{type: schema166.properties.avg_latency_ms.type},message:"must be number,null"}];
return false;
}
if(errors === _errs11){
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 < 0 || isNaN(data4)){
validate29.errors = [{instancePath:instancePath+"/avg_latency_ms",schemaPath:"#/properties/avg_latency_ms/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.p95_latency_ms !== undefined){
let data5 = data.p95_latency_ms;
const _errs13 = errors;
if((!((typeof data5 == "number") && (isFinite(data5)))) && (data5 !== null)){
validate29.errors = [{instancePath:instancePath+"/p95_latency_ms",schemaPath:"#/properties/p95_latency_ms/type",keyword:"type",params:{type: schema166.properties.p95_latency_ms.type},message:"must be number,null"}];
return false;
}
if(errors === _errs13){
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 < 0 || isNaN(data5)){
validate29.errors = [{instancePath:instancePath+"/p95_latency_ms",schemaPath:"#/properties/p95_latency_ms/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs13 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.failure_rate_pct !== undefined){
let data6 = data.failure_rate_pct;
const _errs15 = errors;
if(errors === _errs15){
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 > 100 || isNaN(data6)){
validate29.errors = [{instancePath:instancePath+"/failure_rate_pct",schemaPath:"#/properties/failure_rate_pct/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"}];
return false;
}
else {
if(data6 < 0 || isNaN(data6)){
validate29.errors = [{instancePath:instancePath+"/failure_rate_pct",schemaPath:"#/properties/failure_rate_pct/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
else {
validate29.errors = [{instancePath:instancePath+"/failure_rate_pct",schemaPath:"#/properties/failure_rate_pct/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs15 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.nxdomain_count !== undefined){
let data7 = data.nxdomain_count;
const _errs17 = errors;
if(!(((typeof data7 == "number") && (!(data7 % 1) && !isNaN(data7))) && (isFinite(data7)))){
validate29.errors = [{instancePath:instancePath+"/nxdomain_count",schemaPath:"#/properties/nxdomain_count/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs17){
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 9007199254740991 || isNaN(data7)){
validate29.errors = [{instancePath:instancePath+"/nxdomain_count",schemaPath:"#/properties/nxdomain_count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data7 < 0 || isNaN(data7)){
validate29.errors = [{instancePath:instancePath+"/nxdomain_count",schemaPath:"#/properties/nxdomain_count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs17 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.query_count !== undefined){
let data8 = data.query_count;
const _errs19 = errors;
if(!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))){
validate29.errors = [{instancePath:instancePath+"/query_count",schemaPath:"#/properties/query_count/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs19){
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 9007199254740991 || isNaN(data8)){
validate29.errors = [{instancePath:instancePath+"/query_count",schemaPath:"#/properties/query_count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data8 < 0 || isNaN(data8)){
validate29.errors = [{instancePath:instancePath+"/query_count",schemaPath:"#/properties/query_count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs19 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.servfail_count !== undefined){
let data9 = data.servfail_count;
const _errs21 = errors;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
validate29.errors = [{instancePath:instancePath+"/servfail_count",schemaPath:"#/properties/servfail_count/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs21){
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 9007199254740991 || isNaN(data9)){
validate29.errors = [{instancePath:instancePath+"/servfail_count",schemaPath:"#/properties/servfail_count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data9 < 0 || isNaN(data9)){
validate29.errors = [{instancePath:instancePath+"/servfail_count",schemaPath:"#/properties/servfail_count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs21 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.refused_count !== undefined){
let data10 = data.refused_count;
const _errs23 = errors;
if(!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))){
validate29.errors = [{instancePath:instancePath+"/refused_count",schemaPath:"#/properties/refused_count/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs23){
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 > 9007199254740991 || isNaN(data10)){
validate29.errors = [{instancePath:instancePath+"/refused_count",schemaPath:"#/properties/refused_count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data10 < 0 || isNaN(data10)){
validate29.errors = [{instancePath:instancePath+"/refused_count",schemaPath:"#/properties/refused_count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.timeout_count !== undefined){
let data11 = data.timeout_count;
const _errs25 = errors;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
validate29.errors = [{instancePath:instancePath+"/timeout_count",schemaPath:"#/properties/timeout_count/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs25){
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 9007199254740991 || isNaN(data11)){
validate29.errors = [{instancePath:instancePath+"/timeout_count",schemaPath:"#/properties/timeout_count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data11 < 0 || isNaN(data11)){
validate29.errors = [{instancePath:instancePath+"/timeout_count",schemaPath:"#/properties/timeout_count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs25 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.truncated_count !== undefined){
let data12 = data.truncated_count;
const _errs27 = errors;
if(!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))){
validate29.errors = [{instancePath:instancePath+"/truncated_count",schemaPath:"#/properties/truncated_count/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs27){
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 9007199254740991 || isNaN(data12)){
validate29.errors = [{instancePath:instancePath+"/truncated_count",schemaPath:"#/properties/truncated_count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data12 < 0 || isNaN(data12)){
validate29.errors = [{instancePath:instancePath+"/truncated_count",schemaPath:"#/properties/truncated_count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs27 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.untracked_count !== undefined){
let data13 = data.untracked_count;
const _errs29 = errors;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
validate29.errors = [{instancePath:instancePath+"/untracked_count",schemaPath:"#/properties/untracked_count/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs29){
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 9007199254740991 || isNaN(data13)){
validate29.errors = [{instancePath:instancePath+"/untracked_count",schemaPath:"#/properties/untracked_count/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data13 < 0 || isNaN(data13)){
validate29.errors = [{instancePath:instancePath+"/untracked_count",schemaPath:"#/properties/untracked_count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs29 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.stub !== undefined){
const _errs31 = errors;
if(typeof data.stub !== "boolean"){
validate29.errors = [{instancePath:instancePath+"/stub",schemaPath:"#/properties/stub/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs31 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate29.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate29.errors = vErrors;
return errors === 0;
}
validate29.evaluated = {"props":{"type":true,"ts":true,"iface":true,"server":true,"avg_latency_ms":true,"p95_latency_ms":true,"failure_rate_pct":true,"nxdomain_count":true,"query_count":true,"servfail_count":true,"refused_count":true,"timeout_count":true,"truncated_count":true,"untracked_count":true,"stub":true},"dynamicProps":false,"dynamicItems":false};

export const serverNameRecord: Validator = validate30;
const schema170 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"server_name.schema.json","title":"ServerNameRecord","type":"object","required":["type","ts","proto","src_ip","src_port","dst_ip","dst_port","name"],"properties":{"type":{"const":"server_name"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"iface":{"$ref":"field.schema.json#/$defs/iface"},"dir":{"$ref":"field.schema.json#/$defs/dir"},"proto":{"type":"string","maxLength":16},"src_ip":{"$ref":"field.schema.json#/$defs/ip"},"src_port":{"$ref":"field.schema.json#/$defs/port"},"dst_ip":{"$ref":"field.schema.json#/$defs/ip"},"dst_port":{"$ref":"field.schema.json#/$defs/port"},"name":{"type":"string","minLength":1,"maxLength":255}}};

function validate30(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="server_name.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate30.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if(((((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.proto === undefined) && (missing0 = "proto"))) || ((data.src_ip === undefined) && (missing0 = "src_ip"))) || ((data.src_port === undefined) && (missing0 = "src_port"))) || ((data.dst_ip === undefined) && (missing0 = "dst_ip"))) || ((data.dst_port === undefined) && (missing0 = "dst_port"))) || ((data.name === undefined) && (missing0 = "name"))){
validate30.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("server_name" !== data.type){
validate30.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "server_name"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate30.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate30.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate30.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.iface !== undefined){
let data2 = data.iface;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if(typeof data2 === "string"){
if(func1(data2) > 256){
validate30.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate30.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dir !== undefined){
let data3 = data.dir;
const _errs8 = errors;
if((typeof data3 !== "string") && (data3 !== null)){
validate30.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/type",keyword:"type",params:{type: schema46.type},message:"must be string,null"}];
return false;
}
if(!(((((data3 === "in") || (data3 === "out")) || (data3 === "local")) || (data3 === "forward")) || (data3 === null))){
validate30.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/enum",keyword:"enum",params:{allowedValues: schema46.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.proto !== undefined){
let data4 = data.proto;
const _errs11 = errors;
if(errors === _errs11){
if(typeof data4 === "string"){
if(func1(data4) > 16){
validate30.errors = [{instancePath:instancePath+"/proto",schemaPath:"#/properties/proto/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
}
else {
validate30.errors = [{instancePath:instancePath+"/proto",schemaPath:"#/properties/proto/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.src_ip !== undefined){
let data5 = data.src_ip;
const _errs13 = errors;
const _errs14 = errors;
if(errors === _errs14){
if(typeof data5 === "string"){
if(func1(data5) > 45){
validate30.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data5) < 2){
validate30.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate30.errors = [{instancePath:instancePath+"/src_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs13 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.src_port !== undefined){
let data6 = data.src_port;
const _errs16 = errors;
const _errs17 = errors;
if(!(((typeof data6 == "number") && (!(data6 % 1) && !isNaN(data6))) && (isFinite(data6)))){
validate30.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs17){
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 > 65535 || isNaN(data6)){
validate30.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data6 < 0 || isNaN(data6)){
validate30.errors = [{instancePath:instancePath+"/src_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs16 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dst_ip !== undefined){
let data7 = data.dst_ip;
const _errs19 = errors;
const _errs20 = errors;
if(errors === _errs20){
if(typeof data7 === "string"){
if(func1(data7) > 45){
validate30.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data7) < 2){
validate30.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate30.errors = [{instancePath:instancePath+"/dst_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs19 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dst_port !== undefined){
let data8 = data.dst_port;
const _errs22 = errors;
const _errs23 = errors;
if(!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))){
validate30.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs23){
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 65535 || isNaN(data8)){
validate30.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data8 < 0 || isNaN(data8)){
validate30.errors = [{instancePath:instancePath+"/dst_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs22 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.name !== undefined){
let data9 = data.name;
const _errs25 = errors;
if(errors === _errs25){
if(typeof data9 === "string"){
if(func1(data9) > 255){
validate30.errors = [{instancePath:instancePath+"/name",schemaPath:"#/properties/name/maxLength",keyword:"maxLength",params:{limit: 255},message:"must NOT have more than 255 characters"}];
return false;
}
else {
if(func1(data9) < 1){
validate30.errors = [{instancePath:instancePath+"/name",schemaPath:"#/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate30.errors = [{instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs25 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate30.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate30.errors = vErrors;
return errors === 0;
}
validate30.evaluated = {"props":{"type":true,"ts":true,"iface":true,"dir":true,"proto":true,"src_ip":true,"src_port":true,"dst_ip":true,"dst_port":true,"name":true},"dynamicProps":false,"dynamicItems":false};

export const socketRecord: Validator = validate31;
const schema178 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"socket.schema.json","title":"SocketRecord","type":"object","required":["type","ts","proto","local_ip","local_port","state","pid","process","event"],"properties":{"type":{"const":"socket"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"proto":{"$ref":"field.schema.json#/$defs/proto"},"local_ip":{"$ref":"field.schema.json#/$defs/ip"},"local_port":{"$ref":"field.schema.json#/$defs/port"},"remote_ip":{"$ref":"field.schema.json#/$defs/ip"},"remote_port":{"$ref":"field.schema.json#/$defs/port"},"state":{"$ref":"field.schema.json#/$defs/state"},"pid":{"$ref":"field.schema.json#/$defs/pid"},"start_time":{"$ref":"field.schema.json#/$defs/start_time"},"process":{"$ref":"field.schema.json#/$defs/process"},"user":{"$ref":"field.schema.json#/$defs/user"},"uid":{"$ref":"field.schema.json#/$defs/uid"},"cmdline":{"$ref":"field.schema.json#/$defs/cmdline"},"fd":{"type":["integer","null"],"minimum":0,"maximum":9007199254740991},"inode":{"type":"string","maxLength":20},"cookie":{"type":"string","maxLength":20},"netns":{"type":"string","maxLength":20},"cgroup":{"$ref":"field.schema.json#/$defs/cgroup"},"event":{"type":"string","enum":["present","open","update","close"]},"iface":{"$ref":"field.schema.json#/$defs/iface"},"bound_iface":{"type":"string","maxLength":256},"attribution":{"$ref":"field.schema.json#/$defs/attribution"},"reason":{"$ref":"field.schema.json#/$defs/reason"},"rtt_us":{"$ref":"field.schema.json#/$defs/rtt_us"},"jitter_us":{"$ref":"field.schema.json#/$defs/jitter_us"},"retransmits":{"$ref":"field.schema.json#/$defs/retransmits"},"layer":{"$ref":"field.schema.json#/$defs/layer"},"rx_bytes":{"$ref":"field.schema.json#/$defs/counter"},"tx_bytes":{"$ref":"field.schema.json#/$defs/counter"},"rx_packets":{"$ref":"field.schema.json#/$defs/counter"},"tx_packets":{"$ref":"field.schema.json#/$defs/counter"},"dir":{"$ref":"field.schema.json#/$defs/dir"},"named_by":{"type":"string","enum":["descriptor","last_user","effective"]},"initiated":{"type":"string","enum":["in","out"]},"v6only":{"type":"boolean"}}};

function validate31(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="socket.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate31.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.proto === undefined) && (missing0 = "proto"))) || ((data.local_ip === undefined) && (missing0 = "local_ip"))) || ((data.local_port === undefined) && (missing0 = "local_port"))) || ((data.state === undefined) && (missing0 = "state"))) || ((data.pid === undefined) && (missing0 = "pid"))) || ((data.process === undefined) && (missing0 = "process"))) || ((data.event === undefined) && (missing0 = "event"))){
validate31.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("socket" !== data.type){
validate31.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "socket"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate31.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate31.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate31.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.proto !== undefined){
let data2 = data.proto;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if(typeof data2 === "string"){
if(func1(data2) > 16){
validate31.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/maxLength",keyword:"maxLength",params:{limit: 16},message:"must NOT have more than 16 characters"}];
return false;
}
else {
if(func1(data2) < 1){
validate31.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"}];
return false;
}
}
}
else {
validate31.errors = [{instancePath:instancePath+"/proto",schemaPath:"field.schema.json#/$defs/proto/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.local_ip !== undefined){
let data3 = data.local_ip;
const _errs8 = errors;
const _errs9 = errors;
if(errors === _errs9){
if(typeof data3 === "string"){
if(func1(data3) > 45){
validate31.errors = [{instancePath:instancePath+"/local_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data3) < 2){
validate31.errors = [{instancePath:instancePath+"/local_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate31.errors = [{instancePath:instancePath+"/local_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.local_port !== undefined){
let data4 = data.local_port;
const _errs11 = errors;
const _errs12 = errors;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
validate31.errors = [{instancePath:instancePath+"/local_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs12){
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 65535 || isNaN(data4)){
validate31.errors = [{instancePath:instancePath+"/local_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data4 < 0 || isNaN(data4)){
validate31.errors = [{instancePath:instancePath+"/local_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs11 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.remote_ip !== undefined){
let data5 = data.remote_ip;
const _errs14 = errors;
const _errs15 = errors;
if(errors === _errs15){
if(typeof data5 === "string"){
if(func1(data5) > 45){
validate31.errors = [{instancePath:instancePath+"/remote_ip",schemaPath:"field.schema.json#/$defs/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"}];
return false;
}
else {
if(func1(data5) < 2){
validate31.errors = [{instancePath:instancePath+"/remote_ip",schemaPath:"field.schema.json#/$defs/ip/minLength",keyword:"minLength",params:{limit: 2},message:"must NOT have fewer than 2 characters"}];
return false;
}
}
}
else {
validate31.errors = [{instancePath:instancePath+"/remote_ip",schemaPath:"field.schema.json#/$defs/ip/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.remote_port !== undefined){
let data6 = data.remote_port;
const _errs17 = errors;
const _errs18 = errors;
if(!(((typeof data6 == "number") && (!(data6 % 1) && !isNaN(data6))) && (isFinite(data6)))){
validate31.errors = [{instancePath:instancePath+"/remote_port",schemaPath:"field.schema.json#/$defs/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs18){
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 > 65535 || isNaN(data6)){
validate31.errors = [{instancePath:instancePath+"/remote_port",schemaPath:"field.schema.json#/$defs/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"}];
return false;
}
else {
if(data6 < 0 || isNaN(data6)){
validate31.errors = [{instancePath:instancePath+"/remote_port",schemaPath:"field.schema.json#/$defs/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs17 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.state !== undefined){
let data7 = data.state;
const _errs20 = errors;
const _errs21 = errors;
if(errors === _errs21){
if(typeof data7 === "string"){
if(func1(data7) > 32){
validate31.errors = [{instancePath:instancePath+"/state",schemaPath:"field.schema.json#/$defs/state/maxLength",keyword:"maxLength",params:{limit: 32},message:"must NOT have more than 32 characters"}];
return false;
}
}
else {
validate31.errors = [{instancePath:instancePath+"/state",schemaPath:"field.schema.json#/$defs/state/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs20 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.pid !== undefined){
let data8 = data.pid;
const _errs23 = errors;
const _errs24 = errors;
if((!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))) && (data8 !== null)){
validate31.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/type",keyword:"type",params:{type: schema35.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs24){
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 4294967295 || isNaN(data8)){
validate31.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data8 < 0 || isNaN(data8)){
validate31.errors = [{instancePath:instancePath+"/pid",schemaPath:"field.schema.json#/$defs/pid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs23 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.start_time !== undefined){
let data9 = data.start_time;
const _errs26 = errors;
const _errs27 = errors;
if((!((typeof data9 == "number") && (isFinite(data9)))) && (data9 !== null)){
validate31.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/type",keyword:"type",params:{type: schema36.type},message:"must be number,null"}];
return false;
}
if(errors === _errs27){
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 < 0 || isNaN(data9)){
validate31.errors = [{instancePath:instancePath+"/start_time",schemaPath:"field.schema.json#/$defs/start_time/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
var valid0 = _errs26 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.process !== undefined){
let data10 = data.process;
const _errs29 = errors;
const _errs30 = errors;
if(errors === _errs30){
if(typeof data10 === "string"){
if(func1(data10) > 4096){
validate31.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate31.errors = [{instancePath:instancePath+"/process",schemaPath:"field.schema.json#/$defs/process/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs29 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.user !== undefined){
let data11 = data.user;
const _errs32 = errors;
const _errs33 = errors;
if((typeof data11 !== "string") && (data11 !== null)){
validate31.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/type",keyword:"type",params:{type: schema38.type},message:"must be string,null"}];
return false;
}
if(errors === _errs33){
if(typeof data11 === "string"){
if(func1(data11) > 256){
validate31.errors = [{instancePath:instancePath+"/user",schemaPath:"field.schema.json#/$defs/user/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
}
var valid0 = _errs32 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.uid !== undefined){
let data12 = data.uid;
const _errs35 = errors;
const _errs36 = errors;
if((!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))) && (data12 !== null)){
validate31.errors = [{instancePath:instancePath+"/uid",schemaPath:"field.schema.json#/$defs/uid/type",keyword:"type",params:{type: schema151.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs36){
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 4294967295 || isNaN(data12)){
validate31.errors = [{instancePath:instancePath+"/uid",schemaPath:"field.schema.json#/$defs/uid/maximum",keyword:"maximum",params:{comparison: "<=", limit: 4294967295},message:"must be <= 4294967295"}];
return false;
}
else {
if(data12 < 0 || isNaN(data12)){
validate31.errors = [{instancePath:instancePath+"/uid",schemaPath:"field.schema.json#/$defs/uid/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs35 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.cmdline !== undefined){
let data13 = data.cmdline;
const _errs38 = errors;
const _errs39 = errors;
if((typeof data13 !== "string") && (data13 !== null)){
validate31.errors = [{instancePath:instancePath+"/cmdline",schemaPath:"field.schema.json#/$defs/cmdline/type",keyword:"type",params:{type: schema152.type},message:"must be string,null"}];
return false;
}
if(errors === _errs39){
if(typeof data13 === "string"){
if(func1(data13) > 4096){
validate31.errors = [{instancePath:instancePath+"/cmdline",schemaPath:"field.schema.json#/$defs/cmdline/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
}
var valid0 = _errs38 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.fd !== undefined){
let data14 = data.fd;
const _errs41 = errors;
if((!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))) && (data14 !== null)){
validate31.errors = [{instancePath:instancePath+"/fd",schemaPath:"#/properties/fd/type",keyword:"type",params:{type: schema178.properties.fd.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs41){
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 9007199254740991 || isNaN(data14)){
validate31.errors = [{instancePath:instancePath+"/fd",schemaPath:"#/properties/fd/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data14 < 0 || isNaN(data14)){
validate31.errors = [{instancePath:instancePath+"/fd",schemaPath:"#/properties/fd/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs41 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.inode !== undefined){
let data15 = data.inode;
const _errs43 = errors;
if(errors === _errs43){
if(typeof data15 === "string"){
if(func1(data15) > 20){
validate31.errors = [{instancePath:instancePath+"/inode",schemaPath:"#/properties/inode/maxLength",keyword:"maxLength",params:{limit: 20},message:"must NOT have more than 20 characters"}];
return false;
}
}
else {
validate31.errors = [{instancePath:instancePath+"/inode",schemaPath:"#/properties/inode/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs43 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.cookie !== undefined){
let data16 = data.cookie;
const _errs45 = errors;
if(errors === _errs45){
if(typeof data16 === "string"){
if(func1(data16) > 20){
validate31.errors = [{instancePath:instancePath+"/cookie",schemaPath:"#/properties/cookie/maxLength",keyword:"maxLength",params:{limit: 20},message:"must NOT have more than 20 characters"}];
return false;
}
}
else {
validate31.errors = [{instancePath:instancePath+"/cookie",schemaPath:"#/properties/cookie/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs45 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.netns !== undefined){
let data17 = data.netns;
const _errs47 = errors;
if(errors === _errs47){
if(typeof data17 === "string"){
if(func1(data17) > 20){
validate31.errors = [{instancePath:instancePath+"/netns",schemaPath:"#/properties/netns/maxLength",keyword:"maxLength",params:{limit: 20},message:"must NOT have more than 20 characters"}];
return false;
}
}
else {
validate31.errors = [{instancePath:instancePath+"/netns",schemaPath:"#/properties/netns/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs47 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.cgroup !== undefined){
let data18 = data.cgroup;
const _errs49 = errors;
const _errs50 = errors;
if(errors === _errs50){
if(typeof data18 === "string"){
if(func1(data18) > 4096){
validate31.errors = [{instancePath:instancePath+"/cgroup",schemaPath:"field.schema.json#/$defs/cgroup/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"}];
return false;
}
}
else {
validate31.errors = [{instancePath:instancePath+"/cgroup",schemaPath:"field.schema.json#/$defs/cgroup/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs49 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.event !== undefined){
let data19 = data.event;
const _errs52 = errors;
if(typeof data19 !== "string"){
validate31.errors = [{instancePath:instancePath+"/event",schemaPath:"#/properties/event/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((data19 === "present") || (data19 === "open")) || (data19 === "update")) || (data19 === "close"))){
validate31.errors = [{instancePath:instancePath+"/event",schemaPath:"#/properties/event/enum",keyword:"enum",params:{allowedValues: schema178.properties.event.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs52 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.iface !== undefined){
let data20 = data.iface;
const _errs54 = errors;
const _errs55 = errors;
if(errors === _errs55){
if(typeof data20 === "string"){
if(func1(data20) > 256){
validate31.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate31.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs54 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.bound_iface !== undefined){
let data21 = data.bound_iface;
const _errs57 = errors;
if(errors === _errs57){
if(typeof data21 === "string"){
if(func1(data21) > 256){
validate31.errors = [{instancePath:instancePath+"/bound_iface",schemaPath:"#/properties/bound_iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate31.errors = [{instancePath:instancePath+"/bound_iface",schemaPath:"#/properties/bound_iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs57 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.attribution !== undefined){
let data22 = data.attribution;
const _errs59 = errors;
if(typeof data22 !== "string"){
validate31.errors = [{instancePath:instancePath+"/attribution",schemaPath:"field.schema.json#/$defs/attribution/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((data22 === "kernel") || (data22 === "socket")) || (data22 === "bound")) || (data22 === "none"))){
validate31.errors = [{instancePath:instancePath+"/attribution",schemaPath:"field.schema.json#/$defs/attribution/enum",keyword:"enum",params:{allowedValues: schema47.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs59 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.reason !== undefined){
let data23 = data.reason;
const _errs62 = errors;
if(typeof data23 !== "string"){
validate31.errors = [{instancePath:instancePath+"/reason",schemaPath:"field.schema.json#/$defs/reason/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((((((data23 === "no_socket") || (data23 === "closed_before_scan")) || (data23 === "other_netns")) || (data23 === "kernel")) || (data23 === "not_local")) || (data23 === "fragment")) || (data23 === "permission")) || (data23 === "ambiguous"))){
validate31.errors = [{instancePath:instancePath+"/reason",schemaPath:"field.schema.json#/$defs/reason/enum",keyword:"enum",params:{allowedValues: schema48.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs62 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rtt_us !== undefined){
let data24 = data.rtt_us;
const _errs65 = errors;
const _errs66 = errors;
if(!(((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24))) && (isFinite(data24)))){
validate31.errors = [{instancePath:instancePath+"/rtt_us",schemaPath:"field.schema.json#/$defs/rtt_us/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs66){
if((typeof data24 == "number") && (isFinite(data24))){
if(data24 > 9007199254740991 || isNaN(data24)){
validate31.errors = [{instancePath:instancePath+"/rtt_us",schemaPath:"field.schema.json#/$defs/rtt_us/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data24 < 0 || isNaN(data24)){
validate31.errors = [{instancePath:instancePath+"/rtt_us",schemaPath:"field.schema.json#/$defs/rtt_us/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs65 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.jitter_us !== undefined){
let data25 = data.jitter_us;
const _errs68 = errors;
const _errs69 = errors;
if(!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))){
validate31.errors = [{instancePath:instancePath+"/jitter_us",schemaPath:"field.schema.json#/$defs/jitter_us/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs69){
if((typeof data25 == "number") && (isFinite(data25))){
if(data25 > 9007199254740991 || isNaN(data25)){
validate31.errors = [{instancePath:instancePath+"/jitter_us",schemaPath:"field.schema.json#/$defs/jitter_us/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data25 < 0 || isNaN(data25)){
validate31.errors = [{instancePath:instancePath+"/jitter_us",schemaPath:"field.schema.json#/$defs/jitter_us/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs68 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.retransmits !== undefined){
let data26 = data.retransmits;
const _errs71 = errors;
const _errs72 = errors;
if(!(((typeof data26 == "number") && (!(data26 % 1) && !isNaN(data26))) && (isFinite(data26)))){
validate31.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"field.schema.json#/$defs/retransmits/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs72){
if((typeof data26 == "number") && (isFinite(data26))){
if(data26 > 9007199254740991 || isNaN(data26)){
validate31.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"field.schema.json#/$defs/retransmits/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data26 < 0 || isNaN(data26)){
validate31.errors = [{instancePath:instancePath+"/retransmits",schemaPath:"field.schema.json#/$defs/retransmits/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs71 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.layer !== undefined){
let data27 = data.layer;
const _errs74 = errors;
if(typeof data27 !== "string"){
validate31.errors = [{instancePath:instancePath+"/layer",schemaPath:"field.schema.json#/$defs/layer/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data27 === "ip") || (data27 === "payload"))){
validate31.errors = [{instancePath:instancePath+"/layer",schemaPath:"field.schema.json#/$defs/layer/enum",keyword:"enum",params:{allowedValues: schema49.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs74 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_bytes !== undefined){
let data28 = data.rx_bytes;
const _errs77 = errors;
const _errs78 = errors;
if(!(((typeof data28 == "number") && (!(data28 % 1) && !isNaN(data28))) && (isFinite(data28)))){
validate31.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs78){
if((typeof data28 == "number") && (isFinite(data28))){
if(data28 > 9007199254740991 || isNaN(data28)){
validate31.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data28 < 0 || isNaN(data28)){
validate31.errors = [{instancePath:instancePath+"/rx_bytes",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs77 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_bytes !== undefined){
let data29 = data.tx_bytes;
const _errs80 = errors;
const _errs81 = errors;
if(!(((typeof data29 == "number") && (!(data29 % 1) && !isNaN(data29))) && (isFinite(data29)))){
validate31.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs81){
if((typeof data29 == "number") && (isFinite(data29))){
if(data29 > 9007199254740991 || isNaN(data29)){
validate31.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data29 < 0 || isNaN(data29)){
validate31.errors = [{instancePath:instancePath+"/tx_bytes",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs80 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.rx_packets !== undefined){
let data30 = data.rx_packets;
const _errs83 = errors;
const _errs84 = errors;
if(!(((typeof data30 == "number") && (!(data30 % 1) && !isNaN(data30))) && (isFinite(data30)))){
validate31.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs84){
if((typeof data30 == "number") && (isFinite(data30))){
if(data30 > 9007199254740991 || isNaN(data30)){
validate31.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data30 < 0 || isNaN(data30)){
validate31.errors = [{instancePath:instancePath+"/rx_packets",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs83 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.tx_packets !== undefined){
let data31 = data.tx_packets;
const _errs86 = errors;
const _errs87 = errors;
if(!(((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31))) && (isFinite(data31)))){
validate31.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs87){
if((typeof data31 == "number") && (isFinite(data31))){
if(data31 > 9007199254740991 || isNaN(data31)){
validate31.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data31 < 0 || isNaN(data31)){
validate31.errors = [{instancePath:instancePath+"/tx_packets",schemaPath:"field.schema.json#/$defs/counter/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs86 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dir !== undefined){
let data32 = data.dir;
const _errs89 = errors;
if((typeof data32 !== "string") && (data32 !== null)){
validate31.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/type",keyword:"type",params:{type: schema46.type},message:"must be string,null"}];
return false;
}
if(!(((((data32 === "in") || (data32 === "out")) || (data32 === "local")) || (data32 === "forward")) || (data32 === null))){
validate31.errors = [{instancePath:instancePath+"/dir",schemaPath:"field.schema.json#/$defs/dir/enum",keyword:"enum",params:{allowedValues: schema46.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs89 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.named_by !== undefined){
let data33 = data.named_by;
const _errs92 = errors;
if(typeof data33 !== "string"){
validate31.errors = [{instancePath:instancePath+"/named_by",schemaPath:"#/properties/named_by/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!(((data33 === "descriptor") || (data33 === "last_user")) || (data33 === "effective"))){
validate31.errors = [{instancePath:instancePath+"/named_by",schemaPath:"#/properties/named_by/enum",keyword:"enum",params:{allowedValues: schema178.properties.named_by.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs92 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.initiated !== undefined){
let data34 = data.initiated;
const _errs94 = errors;
if(typeof data34 !== "string"){
validate31.errors = [{instancePath:instancePath+"/initiated",schemaPath:"#/properties/initiated/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((data34 === "in") || (data34 === "out"))){
validate31.errors = [{instancePath:instancePath+"/initiated",schemaPath:"#/properties/initiated/enum",keyword:"enum",params:{allowedValues: schema178.properties.initiated.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs94 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.v6only !== undefined){
const _errs96 = errors;
if(typeof data.v6only !== "boolean"){
validate31.errors = [{instancePath:instancePath+"/v6only",schemaPath:"#/properties/v6only/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs96 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
}
else {
validate31.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate31.errors = vErrors;
return errors === 0;
}
validate31.evaluated = {"props":{"type":true,"ts":true,"proto":true,"local_ip":true,"local_port":true,"remote_ip":true,"remote_port":true,"state":true,"pid":true,"start_time":true,"process":true,"user":true,"uid":true,"cmdline":true,"fd":true,"inode":true,"cookie":true,"netns":true,"cgroup":true,"event":true,"iface":true,"bound_iface":true,"attribution":true,"reason":true,"rtt_us":true,"jitter_us":true,"retransmits":true,"layer":true,"rx_bytes":true,"tx_bytes":true,"rx_packets":true,"tx_packets":true,"dir":true,"named_by":true,"initiated":true,"v6only":true},"dynamicProps":false,"dynamicItems":false};

export const statsRecord: Validator = validate32;
const schema205 = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"stats.schema.json","title":"StatsRecord","type":"object","required":["type","ts","received","dropped","filtered"],"properties":{"type":{"const":"stats"},"ts":{"$ref":"field.schema.json#/$defs/ts"},"iface":{"$ref":"field.schema.json#/$defs/iface"},"received":{"type":"integer","minimum":0,"maximum":9007199254740991},"dropped":{"type":"integer","minimum":0,"maximum":9007199254740991},"filtered":{"type":["integer","null"],"minimum":0,"maximum":9007199254740991},"final":{"type":"boolean"},"reason":{"type":"string","enum":["eof","signal","count","duration","error","closed"]}}};

function validate32(data, {instancePath="", parentData, parentDataProperty, rootData=data, dynamicAnchors={}}={}){
/*# sourceURL="stats.schema.json" */;
let vErrors = null;
let errors = 0;
const evaluated0 = validate32.evaluated;
if(evaluated0.dynamicProps){
evaluated0.props = undefined;
}
if(evaluated0.dynamicItems){
evaluated0.items = undefined;
}
if(errors === 0){
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((((((data.type === undefined) && (missing0 = "type")) || ((data.ts === undefined) && (missing0 = "ts"))) || ((data.received === undefined) && (missing0 = "received"))) || ((data.dropped === undefined) && (missing0 = "dropped"))) || ((data.filtered === undefined) && (missing0 = "filtered"))){
validate32.errors = [{instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: missing0},message:"must have required property '"+missing0+"'"}];
return false;
}
else {
if(data.type !== undefined){
const _errs1 = errors;
if("stats" !== data.type){
validate32.errors = [{instancePath:instancePath+"/type",schemaPath:"#/properties/type/const",keyword:"const",params:{allowedValue: "stats"},message:"must be equal to constant"}];
return false;
}
var valid0 = _errs1 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.ts !== undefined){
let data1 = data.ts;
const _errs2 = errors;
const _errs3 = errors;
if(errors === _errs3){
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9223372036854 || isNaN(data1)){
validate32.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9223372036854},message:"must be <= 9223372036854"}];
return false;
}
else {
if(data1 < -9223372036854 || isNaN(data1)){
validate32.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/minimum",keyword:"minimum",params:{comparison: ">=", limit: -9223372036854},message:"must be >= -9223372036854"}];
return false;
}
}
}
else {
validate32.errors = [{instancePath:instancePath+"/ts",schemaPath:"field.schema.json#/$defs/ts/type",keyword:"type",params:{type: "number"},message:"must be number"}];
return false;
}
}
var valid0 = _errs2 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.iface !== undefined){
let data2 = data.iface;
const _errs5 = errors;
const _errs6 = errors;
if(errors === _errs6){
if(typeof data2 === "string"){
if(func1(data2) > 256){
validate32.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/maxLength",keyword:"maxLength",params:{limit: 256},message:"must NOT have more than 256 characters"}];
return false;
}
}
else {
validate32.errors = [{instancePath:instancePath+"/iface",schemaPath:"field.schema.json#/$defs/iface/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
}
var valid0 = _errs5 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.received !== undefined){
let data3 = data.received;
const _errs8 = errors;
if(!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))){
validate32.errors = [{instancePath:instancePath+"/received",schemaPath:"#/properties/received/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs8){
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 9007199254740991 || isNaN(data3)){
validate32.errors = [{instancePath:instancePath+"/received",schemaPath:"#/properties/received/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data3 < 0 || isNaN(data3)){
validate32.errors = [{instancePath:instancePath+"/received",schemaPath:"#/properties/received/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs8 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.dropped !== undefined){
let data4 = data.dropped;
const _errs10 = errors;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
validate32.errors = [{instancePath:instancePath+"/dropped",schemaPath:"#/properties/dropped/type",keyword:"type",params:{type: "integer"},message:"must be integer"}];
return false;
}
if(errors === _errs10){
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 9007199254740991 || isNaN(data4)){
validate32.errors = [{instancePath:instancePath+"/dropped",schemaPath:"#/properties/dropped/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data4 < 0 || isNaN(data4)){
validate32.errors = [{instancePath:instancePath+"/dropped",schemaPath:"#/properties/dropped/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs10 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.filtered !== undefined){
let data5 = data.filtered;
const _errs12 = errors;
if((!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))) && (data5 !== null)){
validate32.errors = [{instancePath:instancePath+"/filtered",schemaPath:"#/properties/filtered/type",keyword:"type",params:{type: schema205.properties.filtered.type},message:"must be integer,null"}];
return false;
}
if(errors === _errs12){
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 9007199254740991 || isNaN(data5)){
validate32.errors = [{instancePath:instancePath+"/filtered",schemaPath:"#/properties/filtered/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"}];
return false;
}
else {
if(data5 < 0 || isNaN(data5)){
validate32.errors = [{instancePath:instancePath+"/filtered",schemaPath:"#/properties/filtered/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"}];
return false;
}
}
}
}
var valid0 = _errs12 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.final !== undefined){
const _errs14 = errors;
if(typeof data.final !== "boolean"){
validate32.errors = [{instancePath:instancePath+"/final",schemaPath:"#/properties/final/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"}];
return false;
}
var valid0 = _errs14 === errors;
}
else {
var valid0 = true;
}
if(valid0){
if(data.reason !== undefined){
let data7 = data.reason;
const _errs16 = errors;
if(typeof data7 !== "string"){
validate32.errors = [{instancePath:instancePath+"/reason",schemaPath:"#/properties/reason/type",keyword:"type",params:{type: "string"},message:"must be string"}];
return false;
}
if(!((((((data7 === "eof") || (data7 === "signal")) || (data7 === "count")) || (data7 === "duration")) || (data7 === "error")) || (data7 === "closed"))){
validate32.errors = [{instancePath:instancePath+"/reason",schemaPath:"#/properties/reason/enum",keyword:"enum",params:{allowedValues: schema205.properties.reason.enum},message:"must be equal to one of the allowed values"}];
return false;
}
var valid0 = _errs16 === errors;
}
else {
var valid0 = true;
}
}
}
}
}
}
}
}
}
}
else {
validate32.errors = [{instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"}];
return false;
}
}
validate32.errors = vErrors;
return errors === 0;
}
validate32.evaluated = {"props":{"type":true,"ts":true,"iface":true,"received":true,"dropped":true,"filtered":true,"final":true,"reason":true},"dynamicProps":false,"dynamicItems":false};
