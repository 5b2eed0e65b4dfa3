// Everything the app needs, in one resource group. Event Grid follows after publishing: eventgrid.bicep.
targetScope = 'resourceGroup'

@description('Name of the environment, such as dev or prod. Every other name is derived from it.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Azure region for all resources. It must offer Flex Consumption with Python 3.13.')
@minLength(1)
param location string = resourceGroup().location

@description('Object id of a user, group or service principal that may upload files and read results. Empty: nobody but the app.')
param uploaderPrincipalId string = ''

@description('What the uploader is. azd sets it; in a pipeline it is a ServicePrincipal.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param uploaderPrincipalType string = 'User'

@description('Redundancy of the storage account. Everything can be rebuilt from the blobs, so this is how safe the data is.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
  'Standard_GZRS'
])
param storageSku string = 'Standard_LRS'

@description('Further origins of pages that may call the API and upload from a browser, such as https://data.example for a domain of your own. The app itself always may.')
param pageOrigins string[] = []

@description('Days for which deleted and overwritten blobs can be brought back.')
@minValue(1)
@maxValue(365)
param blobRetentionDays int = 7

@description('Days for which logs and telemetry are kept. 30 days are included in the price of ingestion.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Memory of one instance in MB; cores grow with it: 512 is a quarter, 2048 one, 4096 two.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('Most instances the app may scale out to.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Instances kept warm for uploads, billed around the clock. 0 costs nothing; 1 spares uploads the cold start and lets Event Grid reach the app at once.')
@minValue(0)
@maxValue(20)
param alwaysReadyBlobInstances int = 0

@description('HTTP requests that one instance answers at the same time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16

// Names of storage accounts and sites must be unique in all of Azure.
var token = uniqueString(resourceGroup().id, environmentName)
var siteName = 'func-${token}'
var tags = {
  'azd-env-name': environmentName
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    workspaceName: 'log-${token}'
    applicationInsightsName: 'appi-${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    accountName: 'st${token}'
    location: location
    tags: tags
    sku: storageSku
    // The site comes after the storage, so its address is written down here.
    pageOrigins: union(['https://${siteName}.azurewebsites.net'], pageOrigins)
    retentionDays: blobRetentionDays
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  params: {
    accountName: 'cosmos-${token}'
    location: location
    tags: tags
  }
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    identityName: 'id-${token}'
    location: location
    tags: tags
    storageAccountName: storage.outputs.accountName
    cosmosAccountName: cosmos.outputs.accountName
    cosmosDatabaseName: cosmos.outputs.databaseName
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    uploaderPrincipalId: uploaderPrincipalId
    uploaderPrincipalType: uploaderPrincipalType
  }
}

module functions 'modules/functions.bicep' = {
  name: 'functions'
  params: {
    planName: 'plan-${token}'
    siteName: siteName
    location: location
    tags: tags
    identityName: identity.outputs.identityName
    storageAccountName: storage.outputs.accountName
    deploymentContainerName: storage.outputs.deploymentContainerName
    cosmosAccountName: cosmos.outputs.accountName
    cosmosDatabaseName: cosmos.outputs.databaseName
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyBlobInstances: alwaysReadyBlobInstances
    httpConcurrency: httpConcurrency
    pageOrigins: pageOrigins
  }
}

@description('Name of the function app, for publishing.')
output functionAppName string = functions.outputs.siteName

@description('Address of the function app.')
output functionAppUrl string = functions.outputs.url

@description('Storage account whose container uploads takes the files.')
output storageAccountName string = storage.outputs.accountName
